import { maskSecrets } from "../config/secrets/mask-secrets.ts";
import { DativoError } from "../contract/errors.ts";
import { escapeControls } from "../contract/escape-controls.ts";
import { mapStack } from "../plugin/script/source-maps.ts";
import type { Terminal } from "./terminal.ts";

/** One error for people: what and where, then what to do. A stack trace only when it was asked for. */
export function printError(error: unknown, terminal: Terminal, { verbose = false } = {}): void {
  const lines = describeError(error);
  const [first = "", ...rest] = lines;
  process.stderr.write(`${terminal.paint("red", "error")} ${first}\n`);
  for (const line of rest) process.stderr.write(`${line}\n`);
  if (!verbose) return;
  for (const each of causesOf(error)) process.stderr.write(`${maskSecrets(mapStack(each.stack ?? each.message))}\n`);
}

function describeError(error: unknown): string[] {
  if (!(error instanceof DativoError)) {
    const reason = error instanceof Error ? error.message : String(error);
    return [...clean(reason), "  This should not happen. Run again with --verbose and report what it prints."];
  }
  const lines = clean(`${error.code} ${error.message}`);
  const { rejects } = error.details;
  if (typeof rejects === "string") lines.push(...clean(`  rejects: ${rejects}`));
  if (error.hint !== undefined) lines.push(...clean(`  ${error.hint}`));
  return [...lines, ...originOf(error).flatMap(clean)];
}

/** What lies under an error of ours: reasons that it does not repeat, and the place in the user's own code. */
function originOf(error: DativoError): string[] {
  const causes = causesOf(error).slice(1);
  const place = causes.map(placeInPlugin).findLast((found) => found !== undefined);
  const reasons = causes
    .map((cause) => cause.message)
    .filter((reason) => reason !== "" && !error.message.includes(reason));
  return [...(place === undefined ? [] : [`  in ${place}`]), ...reasons.map((reason) => `  caused by: ${reason}`)];
}

/** The error, its cause, the cause of that, and so on. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let at = error; at instanceof Error && !causes.includes(at); at = at.cause) causes.push(at);
  return causes;
}

const OWN_CODE = new URL("../..", import.meta.url).pathname;

/** The first frame of the stack that is neither ours, nor a library's, nor Node's. */
function placeInPlugin({ stack = "" }: Error): string | undefined {
  const frames = mapStack(stack)
    .split("\n")
    .filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
  return frames
    .find((frame) => !/\bnode:|[/\\]node_modules[/\\]/.test(frame) && !frame.includes(OWN_CODE))
    ?.trim()
    .slice("at ".length);
}

/** Our own line breaks stay; those inside names and values were escaped where they were quoted. */
function clean(text: string): string[] {
  return maskSecrets(text).split("\n").map(escapeControls);
}
