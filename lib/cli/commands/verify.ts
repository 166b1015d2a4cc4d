import { maskSecrets } from "../../config/secrets/mask-secrets.ts";
import { escapeControls } from "../../contract/escape-controls.ts";
import { type Verification, verifyReceipt } from "../../job/verify/verify-receipt.ts";
import { EXIT } from "../exit-code.ts";
import { formatNumberOf } from "../human.ts";
import { printJson } from "../print-json.ts";
import type { GlobalOptions } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

export interface VerifyFlags extends GlobalOptions {
  readonly full?: boolean;
}

/** Says whether a target still holds what a receipt says that a run put there. */
export async function verifyCommand(
  flags: VerifyFlags,
  terminal: Terminal,
  [path = ""]: readonly string[],
): Promise<number> {
  const verification = await verifyReceipt(path, { full: flags.full });
  if (flags.json) printJson(verification);
  else print(verification, terminal);
  return verification.status === "verified" ? EXIT.done : EXIT.failed;
}

function print({ status, target, files, rows, differences, notes }: Verification, terminal: Terminal): void {
  const isGood = status === "verified";
  const mark = isGood ? terminal.paint("green", "✔") : terminal.paint("red", "✖");
  const found = isGood
    ? "as the receipt says"
    : `not as the receipt says, in ${formatNumberOf(differences.length, "point")}`;
  terminal.line(
    `${mark} ${shown(target)}: ${formatNumberOf(files, "file")}, ${formatNumberOf(rows, "record")}, ${found}`,
  );
  const lines = [...differences, ...notes].map((finding) => [`  ${shown(finding.path)}`, shown(finding.what)]);
  // What differs is the result, and comes also where only errors are wanted.
  const table = formatTable(lines);
  if (!isGood) process.stdout.write(`${table}\n`);
  else if (lines.length > 0) terminal.line(table);
}

function shown(text: string): string {
  return escapeControls(maskSecrets(text));
}
