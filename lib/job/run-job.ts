import { resolve } from "node:path";
import { type LoadJobOptions, loadJob } from "../config/job/load-job.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import type { Clock, Log } from "../contract/context.ts";
import { JobRun } from "./job-run.ts";
import { checkReceiptPath } from "./keep-receipt.ts";
import { type JobPlan, planJob } from "./plan-job.ts";
import type { Receipt } from "./receipt.ts";
import { delayBefore, type FailedAttempt, isWorthRepeating, wait } from "./retry.ts";
import type { OnProgress } from "./run-progress.ts";

export interface RunOptions extends LoadJobOptions {
  /** Cancels the run; until it is prepared, nothing of it remains. */
  readonly signal?: AbortSignal;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Limit for resident memory in bytes. */
  readonly memoryBytes?: number;
  /** How long stages may take to stop. */
  readonly graceMs?: number;
  /** How long to wait for another run of the job to end, Infinity for as long as it takes; by default not at all. */
  readonly waitForLockMs?: number;
  /** File that the receipt is written into, in place of what it held. */
  readonly receiptPath?: string;
  /** Called about five times a second while records flow. */
  readonly onProgress?: NonNullable<OnProgress>;
}

/**
 * Runs a job: reads, checks, transforms, maps, stages, and commits once, or also at checkpoints before.
 *
 * @param input path of a job file, a job as YAML would give it, or a job that was loaded.
 * @throws DativoError when nothing was published since the last checkpoint, if any; its code says why.
 */
export async function runJob(
  input: string | Record<string, unknown> | LoadedJob,
  options: RunOptions = {},
): Promise<Receipt> {
  options.signal?.throwIfAborted();
  if (options.receiptPath !== undefined) await checkReceiptPath(resolve(options.cwd ?? "", options.receiptPath));
  const job = isLoaded(input) ? input : await loadJob(input, options);
  return repeat(await planJob(job, options), options);
}

/** Runs until it succeeds, or fails for what no repeat can mend. Each try begins with what the one before it left. */
async function repeat(plan: JobPlan, options: RunOptions): Promise<Receipt> {
  const { retry } = plan.job;
  const start = performance.now();
  const failed: FailedAttempt[] = [];
  for (;;) {
    const run = new JobRun(plan, options, failed);
    try {
      return await run.run();
    } catch (error) {
      try {
        await waitToRepeat(run, error);
      } catch (reason) {
        throw await run.leaveReceipt(reason);
      }
    }
  }

  /** Throws what the run ends with when no try follows this one. */
  async function waitToRepeat(run: JobRun, error: unknown): Promise<void> {
    if (!retry || failed.length >= retry.maxRetries || !(await isWorthRepeating(error, retry))) throw error;
    const delayMs = delayBefore(failed.length + 1, error, retry);
    const isLate = performance.now() - start + delayMs > (retry.deadlineMs ?? Number.POSITIVE_INFINITY);
    if (isLate || !run.mayBeRepeated) throw error;
    const failure = run.failure(error, delayMs);
    failed.push(failure);
    const { code, message } = failure.error;
    options.log?.warn(`Try ${failed.length} failed: ${message}; the next one begins in ${delayMs / 1000} s`, { code });
    await wait(delayMs, options.signal);
  }
}

function isLoaded(input: string | Record<string, unknown> | LoadedJob): input is LoadedJob {
  return typeof input === "object" && "tenantId" in input && "asset" in input && typeof input.asset === "object";
}
