import { CODES, DativoError, type ErrorCode, toDativoError } from "../contract/errors.ts";
import type { Header } from "./frame.ts";

/** An error as it goes through the pipe. */
export function formatError(cause: unknown, context: string): Header {
  const { code, message, culprit, hint, details } = toDativoError(cause, "DTV_PLUGIN_FAILED", context);
  return { code, message, culprit, hint, details };
}

export function parseError({ code, message, culprit, hint, details }: Header): DativoError {
  const known = typeof code === "string" && Object.hasOwn(CODES, code) ? (code as ErrorCode) : "DTV_PLUGIN_FAILED";
  return new DativoError(known, String(message), {
    ...(typeof culprit === "string" ? { culprit } : {}),
    ...(typeof hint === "string" ? { hint } : {}),
    details: (details ?? {}) as Record<string, unknown>,
  });
}
