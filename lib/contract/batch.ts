import type { Column } from "./column.ts";
import type { Provenance } from "./provenance.ts";
import type { RowBatch } from "./row-batch.ts";
import type { Schema } from "./schema.ts";

/** One record as a plain object without inherited properties. */
export type Row = Record<string, unknown>;

export interface RowsOptions {
  /** `"bigint"` gives every integer as bigint; by default a value beyond 2^53 throws DTV_INT_UNSAFE. */
  integers?: "number" | "bigint";
}

/**
 * A run of records with one schema: the only thing that flows between stages.
 *
 * Rows and columns are views made on demand. A batch has one owner: who hands it on gives it up, who wants to
 * keep it as well calls {@link retain} first.
 */
export interface Batch<R extends Row = Row> extends Iterable<R> {
  readonly schema: Schema;
  /** Number of records. */
  readonly length: number;
  /** Memory that the values occupy, in bytes; an estimate that never falls short of their payload. */
  readonly sizeBytes: number;
  /** Records as objects. @throws DativoError DTV_INT_UNSAFE naming the field, see {@link RowsOptions}. */
  rows(options?: RowsOptions): Iterable<R>;
  /** One column as typed values. @throws DativoError DTV_STAGE_MISUSE for a name that the schema has not. */
  column(name: string): Column;
  /** Where the records stand in their source, if that is known. */
  readonly provenance?: Provenance | undefined;
  /** The records as JavaScript values; {@link RowBatch.from} makes them of rows where a batch has no quicker way. */
  toRowBatch?(): RowBatch<R>;
  /** The records as batches of no more than so many, each made when it is asked for, where the batch is not one of rows. */
  slices?(maxRows: number): Iterable<RowBatch<R>>;
  /** `count` cells, from `start`, of the field at a position of the schema, where the batch makes cells on demand. */
  readCells?(index: number, start: number, count: number): readonly unknown[];
  /** Fingerprint of the contract that these very records were held to. */
  readonly contract?: string | undefined;
  retain(): Batch<R>;
  release(): void;
}

const BATCH = Symbol.for("dativo.batch");

/** Marks a class as a batch, so that a second copy of this package knows it too. */
export const batchBrand: typeof BATCH = BATCH;

export function isBatch(value: unknown): value is Batch {
  return typeof value === "object" && value !== null && BATCH in value;
}
