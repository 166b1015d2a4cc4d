import type { StateReport } from "../job/job-state.ts";

/** Who holds the lock of a job, if anybody does. */
export function describeLock(lock: StateReport["lock"]): string {
  if (!lock) return "free";
  if (!lock.holder) return "free; what stands there is no lock of ours";
  const { pid, host, since, runId } = lock.holder;
  const who = `process ${pid} on ${host} since ${since}, run ${runId}`;
  return lock.isAlive ? `held by ${who}` : `left by ${who}, which is dead; the next run takes it over`;
}
