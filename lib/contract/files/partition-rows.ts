import { CELL_OVERHEAD_BYTES, payloadBytes, RowBatch } from "../row-batch.ts";
import type { Schema } from "../schema.ts";

/** V8 makes a text of so many characters, cut out of another, a view of the other, which it keeps whole. */
const MIN_VIEW_LENGTH = 13;

/** Records of one partition that wait until they are worth a write. */
export class PartitionRows {
  rows = 0;
  sizeBytes = 0;
  readonly #schema: Schema;
  #columns: unknown[][];

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#columns = emptyColumns(schema);
  }

  /** Adds the records at some positions of a batch; `indices` are the places of our columns in it. */
  add(batch: RowBatch, rows: readonly number[], indices: readonly number[]): void {
    for (const [position, index] of indices.entries()) {
      const cells = batch.cells(index);
      const column = this.#columns[position] as unknown[];
      for (const row of rows) {
        const cell = cells[row] ?? null;
        column.push(typeof cell === "string" && cell.length >= MIN_VIEW_LENGTH ? detached(cell) : cell);
        this.sizeBytes += CELL_OVERHEAD_BYTES + payloadBytes(cell);
      }
    }
    this.rows += rows.length;
  }

  /** All of them, which are no longer held. */
  take(): RowBatch {
    const batch = RowBatch.fromColumns(this.#schema, this.#columns, this.rows);
    this.#columns = emptyColumns(this.#schema);
    this.rows = 0;
    this.sizeBytes = 0;
    return batch;
  }
}

function emptyColumns(schema: Schema): unknown[][] {
  return schema.fields.map(() => []);
}

/** A text of its own: a rare partition would otherwise keep, for one record, everything that was read around it. */
function detached(text: string): string {
  // Joined, the two are copied when a part of them is asked for.
  return ` ${text}`.slice(1);
}
