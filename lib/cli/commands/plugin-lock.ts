import { relative } from "node:path";
import { escapeControls } from "../../contract/escape-controls.ts";
import { type LockDifference, type LockReport, lockPlugins } from "../../job/lock-plugins.ts";
import { EXIT } from "../exit-code.ts";
import { formatNumberOf } from "../human.ts";
import { printJson } from "../print-json.ts";
import type { GlobalOptions } from "../program.ts";
import type { Terminal } from "../terminal.ts";

interface LockFlags extends GlobalOptions {
  readonly update?: boolean;
  readonly check?: boolean;
}

/** Writes or checks the lock files of jobs. Runs nothing of any plugin. */
export async function pluginLockCommand(
  flags: LockFlags,
  terminal: Terminal,
  jobs: readonly string[],
): Promise<number> {
  const reports: LockReport[] = [];
  for (const job of jobs) reports.push(await lockPlugins(job, flags));
  if (flags.json) printJson(reports);
  else
    for (const report of reports)
      process.stdout.write(`${describe(report, terminal).map(escapeControls).join("\n")}\n`);
  return reports.every((report) => isSettled(report, flags)) ? EXIT.done : EXIT.failed;
}

/** What is new is written unless only a check was asked for; what has changed is the user's to decide. */
function isSettled({ added, changed }: LockReport, { update, check }: LockFlags): boolean {
  if (check) return added.length + changed.length === 0;
  return update === true || changed.length === 0;
}

function describe({ lock, pinned, added, changed, isWritten }: LockReport, terminal: Terminal): string[] {
  const name = relative(process.cwd(), lock);
  const state = isWritten ? "written" : added.length + changed.length === 0 ? "up to date" : "not written";
  const cure = "  look at what has changed, then take it: dativo plugin lock JOB --update";
  return [
    ...added.map((difference) => `${terminal.paint("green", "+")} ${describeFile(difference)}`),
    ...changed.map((difference) => `${terminal.paint("yellow", "~")} ${describeFile(difference)}`),
    `${name}: ${formatNumberOf(pinned, "file")} pinned, ${state}`,
    ...(changed.length > 0 && !isWritten ? [cure] : []),
  ];
}

function describeFile({ file, sha256, was }: LockDifference): string {
  const shown = file.startsWith("/") ? relative(process.cwd(), file) : file;
  return was === undefined ? `${shown}  sha256:${sha256}` : `${shown}  sha256:${was} → sha256:${sha256}`;
}
