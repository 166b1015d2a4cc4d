import { listJobs } from "../../config/job/list-jobs.ts";
import { loadJob } from "../../config/job/load-job.ts";
import type { Log } from "../../contract/context.ts";
import { DativoError, toDativoError } from "../../contract/errors.ts";
import type { Receipt } from "../../job/receipt.ts";
import { runJob } from "../../job/run-job.ts";
import { armFault, parseChaos } from "../../storage/fail-point.ts";
import { DEFAULT_MEMORY_BYTES } from "../../stream/budget.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { loadOptions } from "../load-options.ts";
import { openLog } from "../log.ts";
import { checkNaming } from "../named-job.ts";
import { withPlaces } from "../place-options.ts";
import { printError } from "../print-error.ts";
import { printJson } from "../print-json.ts";
import { printReceipt } from "../print-receipt.ts";
import type { LoadFlags } from "../program.ts";
import { createProgressDisplay, type ProgressDisplay } from "../progress-line.ts";
import type { SignalWatch } from "../signals.ts";
import type { Terminal } from "../terminal.ts";
import { underWatch } from "../under-watch.ts";

export interface RunFlags extends LoadFlags {
  readonly fullRefresh?: boolean;
  readonly memory?: number;
  readonly chaos?: readonly string[];
  /** Milliseconds; true for as long as it takes. */
  readonly waitForLock?: number | true;
  readonly receipt?: string;
}

/** Runs one job, or all of a folder one after another. */
export async function runCommand(flags: RunFlags, terminal: Terminal, args: readonly string[]): Promise<number> {
  checkNaming("run", flags, args);
  refuseOneForMany(flags);
  for (const fault of flags.chaos ?? []) armFault(parseChaos(fault));
  return underWatch(flags.memory ?? DEFAULT_MEMORY_BYTES, (watch) =>
    flags.jobDir === undefined ? runOne(flags, terminal, watch) : runFolder(flags.jobDir, flags, terminal, watch),
  );
}

function refuseOneForMany({ jobDir, receipt }: RunFlags): void {
  if (jobDir === undefined || receipt === undefined) return;
  throw new DativoError("DTV_CONFIG_INVALID", "--receipt names one file, and --job-dir runs many jobs", {
    hint: "Each run keeps its receipt beside the state as well; --json prints all of them.",
  });
}

async function runOne(flags: RunFlags, terminal: Terminal, watch: SignalWatch): Promise<number> {
  if (flags.config === undefined) {
    throw new DativoError("DTV_CONFIG_NOT_FOUND", "No job was named", {
      hint: "Give one with --config job.yaml, or a folder of them with --job-dir jobs/.",
    });
  }
  const outcome = await tryRun(flags.config, flags, terminal, watch);
  if (flags.json) printJson(outcome.receipt ?? { error: outcome.error });
  return outcome.code;
}

/** 0 only when every job was published; a job that fails does not keep the others from running. */
async function runFolder(folder: string, flags: RunFlags, terminal: Terminal, watch: SignalWatch): Promise<number> {
  const results = [];
  for (const file of await listJobs(folder, loadOptions(flags))) {
    if (watch.received !== undefined) break;
    terminal.line(terminal.paint("bold", file));
    results.push({ file, ...(await tryRun(file, flags, terminal, watch)) });
  }
  if (flags.json)
    printJson(results.map(({ file, receipt, error }) => ({ file, ...(receipt ? { receipt } : { error }) })));
  const codes = results.map(({ code }) => code);
  if (codes.includes(EXIT.failed)) return EXIT.failed;
  return codes.includes(EXIT.rejected) ? EXIT.rejected : EXIT.done;
}

interface JobOutcome {
  readonly code: number;
  readonly receipt?: Receipt;
  readonly error?: DativoError;
}

async function tryRun(config: string, flags: RunFlags, terminal: Terminal, watch: SignalWatch): Promise<JobOutcome> {
  const display = await createProgressDisplay(terminal);
  const sayStopping = (): void => {
    display.clear();
    terminal.line("Stopping; press Ctrl-C again to end at once");
  };
  watch.signal.addEventListener("abort", sayStopping, { once: true });
  try {
    const job = await loadJob(config, loadOptions(flags));
    const receipt = await runJob(job, {
      ...loadOptions(flags),
      signal: watch.signal,
      log: createRunLog(flags, terminal, display),
      onProgress: (progress) => display.show(progress),
      ...(flags.memory === undefined ? {} : { memoryBytes: flags.memory }),
      ...(flags.waitForLock === undefined
        ? {}
        : { waitForLockMs: flags.waitForLock === true ? Number.POSITIVE_INFINITY : flags.waitForLock }),
      ...(flags.receipt === undefined ? {} : { receiptPath: flags.receipt }),
    }).catch((error: unknown) => {
      throw withPlaces(error, job);
    });
    display.clear();
    printReceipt(receipt, terminal);
    return { code: receipt.counts.rejected > 0 ? EXIT.rejected : EXIT.done, receipt };
  } catch (cause) {
    display.clear();
    printError(cause, terminal, flags);
    return { code: exitCodeOf(cause), error: toDativoError(cause, "DTV_INTERNAL", "Unexpected fault") };
  } finally {
    watch.signal.removeEventListener("abort", sayStopping);
  }
}

/** On a terminal the living line and the summary say it all; elsewhere the log does. */
function createRunLog(flags: RunFlags, terminal: Terminal, display: ProgressDisplay): Log {
  return openLog(flags, {
    level: terminal.isLive && flags.logFormat === "text" ? "warn" : "info",
    before: () => display.clear(),
  });
}
