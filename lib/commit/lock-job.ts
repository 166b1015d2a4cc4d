import { unwritable } from "../contract/unwritable.ts";
import type { LedgerPlace, LedgerTools } from "./ledger.ts";
import type { JobLock } from "./lock.ts";
import { newRunId } from "./run-id.ts";
import { unusable } from "./state-file.ts";

/** Locks a job, and makes the folders that its books need. */
export async function lockJob(place: LedgerPlace, runId: string, { log, wait }: LedgerTools): Promise<JobLock> {
  try {
    await place.target?.open();
    return await place.books.acquire(runId, {
      ...wait,
      onWait: (holder) => log.warn(`Waiting for another run of this job to end: ${holder}`),
    });
  } catch (cause) {
    wait?.signal?.throwIfAborted();
    throw place.target ? unwritable(place.target.uri, cause) : unusable(place.books.root, cause);
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
