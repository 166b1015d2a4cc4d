import { loadJob } from "../config/job/load-job.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import { escapeControls } from "../contract/escape-controls.ts";
import type { BooksOptions } from "../job/books-of-job.ts";
import type { ExitCode } from "./exit-code.ts";
import { loadOptions } from "./load-options.ts";
import { createLog } from "./log.ts";
import { jobFileOf } from "./named-job.ts";
import { printJson } from "./print-json.ts";
import type { LoadFlags } from "./program.ts";

/** What a command found or did, for programs and for people. */
interface Told {
  readonly report: object;
  readonly text: string;
  readonly code: ExitCode;
}

/** A command about the books of one job: loads it, does the work, prints what came of it on stdout. */
export async function booksCommand(
  flags: LoadFlags,
  args: readonly string[],
  work: (job: LoadedJob, options: BooksOptions) => Promise<Told>,
): Promise<ExitCode> {
  const job = await loadJob(jobFileOf(flags, args), loadOptions(flags));
  const log = createLog({
    format: flags.logFormat,
    level: flags.quiet ? "error" : "warn",
    write: (line) => process.stderr.write(`${line}\n`),
  });
  const { report, text, code } = await work(job, { log });
  if (flags.json) printJson(report);
  else process.stdout.write(`${text.split("\n").map(escapeControls).join("\n")}\n`);
  return code;
}
