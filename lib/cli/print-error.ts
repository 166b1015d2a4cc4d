import { maskSecrets } from "../config/secrets/mask-secrets.ts";
import { DativoError } from "../contract/errors.ts";
import { escapeControls } from "./log.ts";
import type { Terminal } from "./terminal.ts";

/** One error for people: what and where, then what to do. A stack trace only when it was asked for. */
export function printError(error: unknown, terminal: Terminal, { verbose = false } = {}): void {
  const lines = describeError(error);
  const [first = "", ...rest] = lines;
  process.stderr.write(`${terminal.paint("red", "error")} ${first}\n`);
  for (const line of rest) process.stderr.write(`${line}\n`);
  if (verbose && error instanceof Error && error.stack) process.stderr.write(`${maskSecrets(error.stack)}\n`);
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
  return lines;
}

/** Our own line breaks stay; those inside names and values were escaped where they were quoted. */
function clean(text: string): string[] {
  return maskSecrets(text).split("\n").map(escapeControls);
}
