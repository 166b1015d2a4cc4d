import { unwritable } from "../contract/unwritable.ts";
import { makeFolder } from "../storage/durable.ts";
import type { LedgerPlace, LedgerTools } from "./ledger.ts";
import { JobLock } from "./lock.ts";
import { newRunId } from "./run-id.ts";
import { unusable } from "./state-file.ts";

/** Locks a job, and makes the folders that its books need. */
export async function lockJob(place: LedgerPlace, runId: string, { log, wait }: LedgerTools): Promise<JobLock> {
  try {
    // The target folder is everyone's, the bookkeeping inside it is ours.
    if (place.target !== undefined) await makeFolder(place.target, 0o777);
    await makeFolder(place.paths.root);
    return await JobLock.acquire(place.paths.lock, runId, {
      ...wait,
      onWait: (holder) => log.warn(`Waiting for another run of this job to end: ${holder}`),
    });
  } catch (cause) {
    wait?.signal?.throwIfAborted();
    throw place.target === undefined ? unusable(place.paths.root, cause) : unwritable(place.target, cause);
  }
}

/** Does something to the books of a job that is no run. */
export async function underLock<T>(place: LedgerPlace, tools: LedgerTools, work: () => Promise<T>): Promise<T> {
  const lock = await lockJob(place, newRunId(), tools);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
