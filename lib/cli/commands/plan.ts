import type { SurveyedFile } from "../../contract/files/file-reader.ts";
import { previewRun, type RunPreview } from "../../job/preview-run.ts";
import { booksCommand } from "../books-command.ts";
import { describeCursor } from "../describe-cursor.ts";
import { describeLock } from "../describe-lock.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { formatBytes, formatNumberOf } from "../human.ts";
import type { LoadFlags } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

/** How many files are named; `--json` names all. */
const MAX_FILES = 20;

interface PlanFlags extends LoadFlags {
  readonly fullRefresh?: boolean;
}

/** Says what a run would read and write. Ends with 2 when it would stop. */
export function planCommand(flags: PlanFlags, _terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return booksCommand(flags, args, async (job, options) => {
    const report = await previewRun(job, options);
    const wouldStop = report.stops !== undefined || report.source.files?.some(isInTheWay) === true;
    return { report, text: describePreview(report), code: wouldStop ? EXIT.failed : EXIT.done };
  });
}

/** A file that changed stops a run, except one that reads everything. */
function isInTheWay({ status, isRead }: SurveyedFile): boolean {
  return (status === "changed" || status === "grown") && !isRead;
}

function describePreview({ job, seq, guarantee, source, target, lock, left, stops }: RunPreview): string {
  const { files } = source;
  const replaced = target.replaces > 0 ? `, replaces ${formatNumberOf(target.replaces, "file")}` : "";
  const divided = target.partitioning.length > 0 ? `, divided by ${target.partitioning.join(", ")}` : "";
  return formatTable([
    ["job", `${job.tenant}/${job.name}, ${job.hash}`],
    ["key", job.key],
    ["commit", String(seq)],
    ["guarantee", `${guarantee.effect} (${guarantee.reader} source, ${guarantee.writer} target)`],
    ["reads", files ? describeReading(files) : `what ${source.reader} gives; only a run can tell`],
    ...nameFiles(files ?? []),
    ...(source.cursor ? [["cursor", describeCursor(source.cursor)]] : []),
    [
      "writes",
      `${target.writer} to ${target.path ?? "its own target"}, ${target.mode}, ${target.layout}${divided}${replaced}`,
    ],
    ["lock", describeLock(lock)],
    ...describeLeft(lock, left),
    ...(stops ? [["stops", `${stops.code} ${stops.message}`]] : []),
  ]);
}

/** What a run under way has there is its own. */
function describeLeft(lock: RunPreview["lock"], left: RunPreview["left"]): string[][] {
  if (lock?.isAlive || left.length === 0) return [];
  const runs = new Set(left.map(({ runId }) => runId)).size;
  return [["first", `finishes or undoes what ${formatNumberOf(runs, "dead run")} left, and may know more files then`]];
}

function describeReading(files: readonly SurveyedFile[]): string {
  const read = files.filter(({ isRead }) => isRead);
  const bytes = read.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const known = files.filter((file) => !file.isRead && !isInTheWay(file)).length;
  return `${formatNumberOf(read.length, "file")}, ${formatBytes(bytes)}; ${formatNumberOf(known, "file")} loaded before`;
}

const NOTES: Record<SurveyedFile["status"], string> = {
  new: "new",
  loaded: "loaded before",
  renamed: "loaded before",
  begun: "loaded in part",
  grown: "grown since it was loaded",
  changed: "changed since it was loaded",
};

/** What is to be read, and what is in the way; not what is loaded already. */
function nameFiles(files: readonly SurveyedFile[]): string[][] {
  const told = files.filter((file) => file.isRead || isInTheWay(file));
  const lines = told.slice(0, MAX_FILES).map(({ path, status, sizeBytes }) => {
    return ["", `${path}  ${formatBytes(sizeBytes)}, ${NOTES[status]}`];
  });
  if (told.length > MAX_FILES) lines.push(["", `and ${told.length - MAX_FILES} more; --json names all`]);
  return lines;
}
