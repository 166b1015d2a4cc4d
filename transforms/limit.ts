import type { Batch } from "../lib/contract/batch.ts";
import { RowBatch } from "../lib/contract/row-batch.ts";
import { BaseTransform } from "../lib/contract/transform.ts";

/** Passes so many records and leaves out the rest. */
export class Limit extends BaseTransform {
  static override readonly input = "columns";
  readonly #onEnough: () => void;
  #left: number;

  /** `onEnough` is called once the last of them has come: no more need be read. */
  constructor(records: number, onEnough: () => void = () => {}) {
    super({ records });
    this.#left = records;
    this.#onEnough = onEnough;
  }

  apply(batch: Batch): Batch {
    const passed = Math.min(this.#left, batch.length);
    this.#left -= passed;
    if (this.#left === 0) this.#onEnough();
    if (passed === batch.length) return batch;
    this.ctx.filtered(batch.length - passed);
    return RowBatch.from(batch).slice(0, passed);
  }
}
