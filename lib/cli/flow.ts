import { DativoError } from "../contract/errors.ts";
import type { PipeRequest } from "../pipe/pipe-request.ts";
import { runPipe } from "../pipe/run-pipe.ts";
import { EXIT, SIGNAL_EXITS } from "./exit-code.ts";
import { formatNumberOf } from "./human.ts";
import { createLog } from "./log.ts";
import { guardMemory } from "./memory-guard.ts";
import type { PipeFlags } from "./pipe-flags.ts";
import { SignalWatch } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

const MIB = 1024 * 1024;

/** Shell pipes have several processes side by side. */
const PIPE_MEMORY_BYTES = 160 * MIB;

/** Lets a pipe flow and says how it ended: 1 when records were rejected on the way. */
export async function flow(request: PipeRequest, flags: PipeFlags, terminal: Terminal): Promise<number> {
  const memoryBytes = flags.memory ?? PIPE_MEMORY_BYTES;
  const watch = new SignalWatch();
  const endGuard = guardMemory(memoryBytes);
  const log = createLog({
    format: flags.logFormat,
    level: flags.quiet ? "error" : flags.verbose ? "debug" : "warn",
    write: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    const { read, written, rejected } = await runPipe(request, { log, signal: watch.signal, memoryBytes });
    if (rejected > 0) {
      const where = request.rejects === undefined ? "left out" : `in ${request.rejects}`;
      terminal.line(
        `${terminal.paint("yellow", "⚠")} ${formatNumberOf(rejected, "record")} of ${read} rejected, ${where}`,
      );
    }
    if (typeof request.out === "string" && request.out !== "-") {
      terminal.line(`${terminal.paint("green", "✔")} ${request.out}: ${formatNumberOf(written, "record")}`);
    }
    if (watch.received !== undefined) return SIGNAL_EXITS[watch.received] ?? EXIT.failed;
    return rejected > 0 ? EXIT.rejected : EXIT.done;
  } catch (error) {
    // What streams say of an interruption tells nothing of who wanted it.
    throw watch.received === undefined ? inWordsOfFlags(error) : watch.signal.reason;
  } finally {
    endGuard();
    watch.stop();
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
