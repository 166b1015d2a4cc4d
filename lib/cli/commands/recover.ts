import { recoverJob } from "../../job/recover-job.ts";
import { booksCommand } from "../books-command.ts";
import { describeRecovery } from "../describe-recovery.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { LoadFlags } from "../program.ts";
import type { Terminal } from "../terminal.ts";

/** Does what the next run would do first, and says what that was. */
export function recoverCommand(flags: LoadFlags, _terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return booksCommand(flags, args, async (job, options) => {
    const report = await recoverJob(job, options);
    const text = report.done.length === 0 ? "Nothing to recover" : describeRecovery(report.done).join("\n");
    return { report, text, code: EXIT.done };
  });
}
