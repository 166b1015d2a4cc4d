import type { RowBatch } from "../../../contract/row-batch.ts";
import type { Slice } from "./gather-column.ts";

/** Records that wait for their row group. */
export class PendingRows {
  /** Records held. */
  rows = 0;
  /** Memory of the batches held; one that was taken in part is held whole. */
  sizeBytes = 0;
  #slices: Slice[] = [];
  /** Number of the next record that is added, from 1. */
  #nextRow = 1;

  add(batch: RowBatch): void {
    if (batch.length === 0) return;
    this.#slices.push({ batch, start: 0, end: batch.length, firstRow: this.#nextRow });
    this.#nextRow += batch.length;
    this.rows += batch.length;
    this.sizeBytes += batch.sizeBytes;
  }

  /** The first `count` records, which are no longer held. */
  take(count: number): Slice[] {
    const taken: Slice[] = [];
    let wanted = count;
    while (wanted > 0) {
      const slice = this.#slices.shift();
      if (!slice) break;
      const middle = Math.min(slice.end, slice.start + wanted);
      taken.push({ ...slice, end: middle });
      if (middle < slice.end) this.#slices.unshift({ ...slice, start: middle });
      else this.sizeBytes -= slice.batch.sizeBytes;
      wanted -= middle - slice.start;
    }
    this.rows -= count - wanted;
    return taken;
  }
}
