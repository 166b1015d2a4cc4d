import type { Batch } from "../batch.ts";
import { DativoError } from "../errors.ts";
import type { Reject } from "../reject.ts";
import { RowBatch } from "../row-batch.ts";

/**
 * How far the records of a source have been taken, by their numbers, and which of them were taken before. A decoder may
 * reject records that stand after those it has given out; a reading can only be cut where none is ahead.
 */
export class RecordProgress {
  readonly #skip: number;
  /** Every record up to this number was given out or rejected. */
  #done = 0;
  /** Numbers of rejected records that stand after one which was neither. */
  readonly #ahead = new Set<number>();
  /** Without numbers nobody knows where the reading stands. */
  #isKnown = true;

  /** The first `skip` records were loaded before. */
  constructor(skip: number) {
    this.#skip = skip;
  }

  /** Records taken so far, those of before included; undefined where the reading cannot be cut. */
  get cut(): number | undefined {
    return this.#isKnown && this.#ahead.size === 0 ? this.records : undefined;
  }

  /** Records taken when the reading has come to its end. */
  get records(): number {
    return Math.max(this.#skip, this.#done);
  }

  /** Notes a rejected record; false when it was one of those before. */
  rejects({ row }: Reject): boolean {
    if (row === undefined) {
      this.#isKnown = false;
      return true;
    }
    if (row > this.#done) this.#ahead.add(row);
    this.#advance();
    return row > this.#skip;
  }

  /** Notes a batch, and gives what of it was not loaded before; undefined when nothing is left of it. */
  take(batch: Batch): Batch | undefined {
    const { provenance, length } = batch;
    if (length === 0) return batch;
    if (provenance === undefined) {
      if (this.#skip > 0) throw new DativoError("DTV_INTERNAL", "Records without numbers cannot be passed over");
      this.#isKnown = false;
      return batch;
    }
    const last = provenance.rowAt(length - 1);
    this.#done = Math.max(this.#done, last);
    for (const row of this.#ahead) if (row <= this.#done) this.#ahead.delete(row);
    this.#advance();
    if (last > this.#skip) return provenance.rowAt(0) > this.#skip ? batch : this.#restOf(batch, provenance.rowAt);
    batch.release();
    return undefined;
  }

  #advance(): void {
    while (this.#ahead.delete(this.#done + 1)) this.#done++;
  }

  /** Records before the first that is new are few: a reading was cut between two batches. */
  #restOf(batch: Batch, rowAt: (index: number) => number): Batch {
    let first = 0;
    while (rowAt(first) <= this.#skip) first++;
    const rest = RowBatch.from(batch).slice(first, batch.length);
    batch.release();
    return rest;
  }
}
