import { type Batch, batchBrand, type Row, type RowsOptions } from "../contract/batch.ts";
import { type Column, columnOf } from "../contract/column.ts";
import { DativoError } from "../contract/errors.ts";
import type { Provenance } from "../contract/provenance.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import { importCells } from "./import-column.ts";
import type { ArrowField, ArrowSchema } from "./import-schema.ts";
import type { NativeRows } from "./native-rows.ts";

/** Columns in the memory of a library. JavaScript gets a copy of the columns that it looks at, and of no others. */
export class ColumnBatch<R extends Row = Row> implements Batch<R> {
  readonly [batchBrand] = true;
  readonly schema: Schema;
  readonly length: number;
  readonly sizeBytes: number;
  readonly provenance: Provenance | undefined;
  /** The memory, for the next native stage. */
  readonly native: NativeRows;
  /** Whether another library can take the memory as it is. */
  readonly isPlain: boolean;
  readonly #arrow: ArrowSchema;
  readonly #cells: (readonly unknown[] | undefined)[] = [];
  #isReleased = false;

  constructor(arrow: ArrowSchema, native: NativeRows, sizeBytes: number, provenance?: Provenance) {
    this.schema = arrow.schema;
    this.isPlain = arrow.isPlain;
    this.#arrow = arrow;
    this.native = native;
    this.length = native.length;
    this.sizeBytes = sizeBytes;
    this.provenance = provenance;
  }

  /** The cells of the field at a position of the schema, as in a row. @throws DativoError DTV_BATCH_MOVED */
  cells(index: number): readonly unknown[] {
    this.#cells[index] ??= importCells(this.native.struct, this.#arrow.fields[index] as ArrowField, index);
    return this.#cells[index];
  }

  column(name: string): Column {
    const field = this.schema.field(name);
    if (field) return columnOf(name, field.type, this.cells(this.schema.indexOf(name)));
    throw new DativoError("DTV_STAGE_MISUSE", `The batch has no column '${name}'`, {
      hint: `Its columns are ${this.schema.names.join(", ")}.`,
    });
  }

  /** The same records as JavaScript values. */
  toRowBatch(): RowBatch<R> {
    const columns = this.schema.fields.map((_, index) => this.cells(index));
    return RowBatch.fromColumns<R>(this.schema, columns, this.length, { provenance: this.provenance });
  }

  rows(options: RowsOptions = {}): Iterable<R> {
    return this.toRowBatch().rows(options);
  }

  [Symbol.iterator](): Iterator<R> {
    return this.rows()[Symbol.iterator]();
  }

  /** The same memory for one more owner; it is given back when every owner has released their own batch. */
  retain(): ColumnBatch<R> {
    this.native.retain();
    return new ColumnBatch<R>(this.#arrow, this.native, this.sizeBytes, this.provenance);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.native.release();
  }
}
