import { DativoError } from "../contract/errors.ts";
import type { PipeRequest } from "../pipe/pipe-request.ts";
import { runPipe } from "../pipe/run-pipe.ts";
import { STANDARD } from "../pipe/standard.ts";
import type { Counts } from "../stream/to-writable.ts";
import { EXIT } from "./exit-code.ts";
import { formatNumberOf } from "./human.ts";
import { openLog } from "./log.ts";
import type { PipeFlags } from "./pipe-flags.ts";
import type { Terminal } from "./terminal.ts";
import { underWatch } from "./under-watch.ts";

const MIB = 1024 * 1024;

/** Shell pipes have several processes side by side. */
const PIPE_MEMORY_BYTES = 160 * MIB;

/** Lets a pipe flow and says how it ended: 1 when records were rejected on the way. */
export async function flow(request: PipeRequest, flags: PipeFlags, terminal: Terminal): Promise<number> {
  const memoryBytes = flags.memory ?? PIPE_MEMORY_BYTES;
  return underWatch(memoryBytes, async (watch) => {
    try {
      const result = await runPipe(request, { log: openLog(flags), signal: watch.signal, memoryBytes });
      report(request, result, terminal);
      return result.rejected > 0 ? EXIT.rejected : EXIT.done;
    } catch (error) {
      // What streams say of an interruption tells nothing of who wanted it.
      throw watch.received === undefined ? inWordsOfFlags(error) : watch.signal.reason;
    }
  });
}

function report({ rejects, out }: PipeRequest, { read, written, rejected }: Counts, terminal: Terminal): void {
  if (rejected > 0) {
    const where = rejects === undefined ? "left out" : `in ${rejects}`;
    terminal.line(
      `${terminal.paint("yellow", "⚠")} ${formatNumberOf(rejected, "record")} of ${read} rejected, ${where}`,
    );
  }
  if (typeof out === "string" && out !== STANDARD) {
    terminal.line(`${terminal.paint("green", "✔")} ${out}: ${formatNumberOf(written, "record")}`);
  }
}

/** What is to be done about bad records is done by flags here, and not in a job. */
function inWordsOfFlags(error: unknown): unknown {
  if (!(error instanceof DativoError) || error.code !== "DTV_CONTRACT_VIOLATED") return error;
  const { message, culprit, cause, details } = error;
  const hint =
    "Mend the records, or let the good ones pass: --rejects bad.jsonl puts the others there, --validation warn leaves them out.";
  return new DativoError(error.code, message, { culprit, cause, details, hint });
}
