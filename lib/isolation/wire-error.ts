import { CODES, DativoError, type ErrorCode } from "../contract/errors.ts";
import { stringifyJson } from "../contract/json.ts";
import type { Header } from "./frame.ts";

/** Causes of causes beyond this are left behind. */
const MAX_CAUSES = 5;

/**
 * An error as it goes through the pipe: whose code it is, and where it was thrown, with the errors underneath. `mapStack`
 * finds the places as they were written, which only this side knows of.
 */
export function formatError(thrown: unknown, mapStack = (stack: string) => stack, depth = 0): Header {
  if (!(thrown instanceof Error)) return { thrown: String(thrown) };
  const { name, message, cause } = thrown;
  const stack = thrown.stack && mapStack(thrown.stack);
  const inner = cause === undefined || depth === MAX_CAUSES ? {} : { cause: formatError(cause, mapStack, depth + 1) };
  if (!(thrown instanceof DativoError)) return { name, message, stack, facts: factsOf(thrown), ...inner };
  const { code, culprit, hint, details } = thrown;
  return { code, message, stack, culprit, hint, details: writable(details), ...inner };
}

/** The same error on this side. One that is not ours stays so: whoever called says whose it is. */
export function parseError(wire: Header): unknown {
  if ("thrown" in wire) return wire["thrown"];
  const { code, name, message, stack, facts, cause } = wire;
  const error =
    code === undefined ? foreignError(String(name), String(message), cause as Header | undefined) : ourError(wire);
  if (typeof stack === "string") Object.defineProperty(error, "stack", { value: stack });
  return Object.assign(error, facts);
}

function ourError({ code, message, culprit, hint, details, cause }: Header): DativoError {
  const known = typeof code === "string" && Object.hasOwn(CODES, code) ? (code as ErrorCode) : "DTV_PLUGIN_FAILED";
  return new DativoError(known, String(message), {
    ...(typeof culprit === "string" ? { culprit } : {}),
    ...(typeof hint === "string" ? { hint } : {}),
    details: (details ?? {}) as Record<string, unknown>,
    ...(cause === undefined ? {} : { cause: parseError(cause as Header) }),
  });
}

function foreignError(name: string, message: string, cause: Header | undefined): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause: parseError(cause) });
  return Object.defineProperty(error, "name", { value: name });
}

/** Facts that JSON has not must not cost what they were told with. */
export function writable(facts: Header = {}): Header {
  try {
    stringifyJson(facts);
    return facts;
  } catch {
    return {};
  }
}

/** What clients of services put on their errors, as `code` and `status`: texts, numbers and yes or no. */
function factsOf(error: Error): Header {
  const facts = Object.entries(error).filter(([name, value]) => name !== "stack" && isFact(value));
  return Object.fromEntries(facts);
}

function isFact(value: unknown): boolean {
  return (
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  );
}
