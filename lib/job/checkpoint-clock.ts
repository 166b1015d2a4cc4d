import type { CheckpointPolicy } from "../config/job/loaded-job.ts";

/** Says when a run commits before its end: whichever of records, bytes and time comes first. */
export class CheckpointClock {
  readonly #policy: CheckpointPolicy;
  #start = performance.now();

  constructor(policy: CheckpointPolicy) {
    this.#policy = policy;
  }

  isDue({ records, bytes }: { readonly records: number; readonly bytes: number }): boolean {
    const { records: maxRecords, bytes: maxBytes, ms: maxMs } = this.#policy;
    return (
      isReached(records, maxRecords) || isReached(bytes, maxBytes) || isReached(performance.now() - this.#start, maxMs)
    );
  }

  restart(): void {
    this.#start = performance.now();
  }
}

function isReached(value: number, limit: number | undefined): boolean {
  return limit !== undefined && value >= limit;
}
