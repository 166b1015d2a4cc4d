import type { Batch } from "../../lib/contract/batch.ts";
import type { Budget, Reservation } from "../../lib/contract/context.ts";
import type { Ordinal } from "../../lib/contract/cursor.ts";

/** What may wait; more would keep records in memory that a run of its size need not. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** Rows of a batch whose identities only the next run will ask for. */
export interface WaitingRows {
  readonly batch: Batch;
  readonly rows: readonly number[];
  readonly values: ArrayLike<Ordinal>;
  /** The highest value among them. */
  readonly max: Ordinal;
  readonly file: string | undefined;
}

type Waiting = WaitingRows & { readonly lease: Reservation };

/**
 * Batches in native memory that wait to be identified, the first first: while a source goes up, the window has left most
 * of them behind before anybody needs to know what was in them.
 */
export class WaitingBatches {
  readonly #queue: Waiting[] = [];
  readonly #identify: (rows: WaitingRows) => void;
  #bytes = 0;

  constructor(identify: (rows: WaitingRows) => void) {
    this.#identify = identify;
  }

  add(rows: WaitingRows, budget: Budget): void {
    const { sizeBytes } = rows.batch;
    while (this.#queue.length > 0 && this.#bytes + sizeBytes > MAX_WAITING_BYTES) this.#take(true);
    const lease = sizeBytes > MAX_WAITING_BYTES ? undefined : budget.tryReserve(sizeBytes);
    if (!lease) {
      this.identifyAll();
      this.#identify(rows);
      return;
    }
    this.#bytes += sizeBytes;
    this.#queue.push({ ...rows, batch: rows.batch.retain(), lease });
  }

  /** Lets go of what lies below the window. */
  forgetBefore(low: Ordinal): void {
    while (this.#queue[0] && this.#queue[0].max < low) this.#take(false);
  }

  identifyAll(): void {
    while (this.#queue.length > 0) this.#take(true);
  }

  close(): void {
    while (this.#queue.length > 0) this.#take(false);
  }

  #take(isNeeded: boolean): void {
    const waiting = this.#queue.shift() as Waiting;
    this.#bytes -= waiting.lease.bytes;
    try {
      if (isNeeded) this.#identify(waiting);
    } finally {
      waiting.batch.release();
      waiting.lease.release();
    }
  }
}
