import { Provenance } from "../../../contract/provenance.ts";
import { RowBatch } from "../../../contract/row-batch.ts";
import { type Field, Schema } from "../../../contract/schema.ts";

/** Memory of the cells of a batch: wide records make shorter batches. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** Records until they make a batch, which may be of several blocks. */
export class PendingBatch {
  readonly schema: Schema;
  /** Cells of the records, by column; a record that is being read has its cells at {@link length}. */
  columns: unknown[][];
  /** Records held; counting one up takes the record that was read. */
  length = 0;
  readonly #maxRows: number;
  readonly #source: string;
  /** Number of the first record, from 1. */
  #first = 1;
  #missing: number[] = [];
  #weight = 0;

  constructor(fields: readonly Field[], maxRows: number, source: string) {
    this.schema = new Schema(fields);
    this.columns = fields.map(() => []);
    this.#maxRows = maxRows;
    this.#source = source;
  }

  /** Number of the record that is being read, from 1. */
  get row(): number {
    return this.#first + this.#seen;
  }

  get isFull(): boolean {
    return this.#seen >= this.#maxRows || this.#weight >= BATCH_BYTES;
  }

  get isEmpty(): boolean {
    return this.#seen === 0;
  }

  /** Notes the memory of a record's cells. */
  weigh(bytes: number): void {
    this.#weight += bytes;
  }

  /** Leaves the record that was read out; the next takes its place. */
  drop(): void {
    this.#missing.push(this.row);
  }

  /** Empty when every record was rejected: the rejects travel with it. */
  take(): RowBatch {
    const { columns, length } = this;
    for (const column of columns) column.length = length;
    const provenance = Provenance.numbered(this.#source, this.#first, this.#missing);
    this.#first = this.row;
    this.columns = columns.map(() => []);
    this.length = 0;
    this.#missing = [];
    this.#weight = 0;
    return RowBatch.fromColumns(this.schema, columns, length, { provenance, exact: true });
  }

  get #seen(): number {
    return this.length + this.#missing.length;
  }
}
