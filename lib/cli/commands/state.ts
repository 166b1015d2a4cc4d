import { createInterface } from "node:readline/promises";
import { type ResetReport, repairJobState, resetJobState, type StateReport, showState } from "../../job/job-state.ts";
import { booksCommand } from "../books-command.ts";
import { describeCursor } from "../describe-cursor.ts";
import { describeLock } from "../describe-lock.ts";
import { describeRecovery } from "../describe-recovery.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { formatNumberOf } from "../human.ts";
import type { LoadFlags } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

/** How many positions are printed; `--json` prints all. */
const MAX_POSITIONS = 20;

/** Says what a job knows of its earlier runs. Changes nothing. */
export function stateShowCommand(flags: LoadFlags, _terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return booksCommand(flags, args, async (job, options) => {
    const report = await showState(job, options);
    return { report, text: describeState(report), code: isSound(report) ? EXIT.done : EXIT.failed };
  });
}

/** Writes the state anew from the target's own record. */
export function stateRepairCommand(flags: LoadFlags, _terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return booksCommand(flags, args, async (job, options) => {
    const report = await repairJobState(job, options);
    const text =
      report.status === "unchanged"
        ? `Nothing to repair: ${report.seq === 0 ? "the job has not committed anything yet" : `state and target agree on commit ${report.seq}`}`
        : `Wrote the state anew from commit ${report.seq} of the target; it was ${report.was}`;
    return { report, text: [...describeRecovery(report.recovered), text].join("\n"), code: EXIT.done };
  });
}

interface ResetFlags extends LoadFlags {
  readonly yes?: boolean;
}

/** Has the next run read everything anew. */
export function stateResetCommand(flags: ResetFlags, _terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return booksCommand(flags, args, async (job, options) => {
    const confirm = async (held: ResetReport["held"]): Promise<boolean> =>
      flags.yes === true || ask(`The target holds ${describeHeld(held)}; the next run adds everything once more.`);
    const report = await resetJobState(job, { ...options, confirm });
    const text =
      report.status === "unchanged"
        ? "Nothing to reset: the next run reads everything anyway"
        : `Reset with commit ${report.seq}: the next run reads everything anew; the target keeps ${describeHeld(report.held)}`;
    return { report, text: [...describeRecovery(report.recovered), text].join("\n"), code: EXIT.done };
  });
}

/** Asks a person; where nobody sits, and to Ctrl-C or Ctrl-D, the answer is no. */
async function ask(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const left = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([lines.question(`${question} Go on? [y/N] `), left]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

function describeHeld({ files, records }: ResetReport["held"]): string {
  if (files === undefined) return `${formatNumberOf(records, "record")} of earlier runs`;
  return files === 0
    ? "no file of this job"
    : `${formatNumberOf(files, "file")} with ${formatNumberOf(records, "record")}`;
}

/** What the next run brings in order by itself is no fault. */
function isSound({ stateFault, agreement }: StateReport): boolean {
  return stateFault === undefined && agreement !== "ahead";
}

function describeState(report: StateReport): string {
  const { job, state, stateFault, stateFile, target, books, filesKnown, cursor, positions, lock, left } = report;
  const ids = Object.keys(positions);
  const more = ids.length > MAX_POSITIONS ? [["", `and ${ids.length - MAX_POSITIONS} more; --json prints all`]] : [];
  return formatTable([
    ["job", `${job.tenant}/${job.name}, ${job.hash}`],
    ["state", stateFault ? `${stateFault.code} ${stateFault.message}` : describeCommit(state)],
    ["", stateFile],
    ["target", target ? `${describeCommit(target)}, ${target.mode}, ${target.writtenAt}` : describeCommit(target)],
    ["", books],
    ["agreement", VERDICTS[verdictOf(report)]],
    ["files known", String(filesKnown)],
    ...(cursor ? [["cursor", describeCursor(cursor)]] : []),
    ...ids
      .slice(0, MAX_POSITIONS)
      .map((id, i) => [i === 0 ? "positions" : "", `${id}  ${JSON.stringify(positions[id])}`]),
    ...more,
    ["lock", describeLock(lock)],
    ["left behind", left.map(({ what, runId }) => `${what} of run ${runId}`).join(", ") || "nothing"],
  ]);
}

function describeCommit(commit: { readonly seq: number; readonly runId: string } | undefined): string {
  return commit ? `commit ${commit.seq}, run ${commit.runId}` : "nothing yet";
}

const VERDICTS = {
  agrees: "yes",
  behind: "not yet: the state is missing or older, and the next run or `dativo state repair` brings it up",
  ahead:
    "no: the target was emptied or restored; --full-refresh replaces what is left, `dativo state reset` adds to it",
  damaged: "unknown: `dativo state repair` writes the state anew from the target's own record",
  lost: "unknown, and the target has no record to repair the state from: `dativo state reset` begins anew",
} as const;

function verdictOf({ agreement, target }: StateReport): keyof typeof VERDICTS {
  return agreement ?? (target ? "damaged" : "lost");
}
