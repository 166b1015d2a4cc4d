import { type Batch, batchBrand, type Row, type RowsOptions } from "../../contract/batch.ts";
import { type Column, columnOf } from "../../contract/column.ts";
import { DativoError } from "../../contract/errors.ts";
import type { Provenance } from "../../contract/provenance.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import type { Schema } from "../../contract/schema.ts";
import { type ArrowColumn, bytesOf, sourceOf } from "./arrow-column.ts";
import type { ArrowField } from "./arrow-field.ts";
import { readCells } from "./read-cells.ts";

/** Records as Arrow columns in JavaScript's memory. Cells are made of the columns that somebody looks at. */
export class ArrowBatch<R extends Row = Row> implements Batch<R> {
  readonly [batchBrand] = true;
  readonly schema: Schema;
  readonly length: number;
  readonly columns: readonly ArrowColumn[];
  readonly provenance: Provenance | undefined;
  /** How the columns are stored: for untyped fields otherwise than the schema says. */
  readonly #stored: readonly ArrowField[];
  readonly #cells: (readonly unknown[] | undefined)[] = [];

  constructor(
    schema: Schema,
    stored: readonly ArrowField[],
    columns: readonly ArrowColumn[],
    length: number,
    provenance?: Provenance,
  ) {
    this.schema = schema;
    this.#stored = stored;
    this.columns = columns;
    this.length = length;
    this.provenance = provenance;
  }

  /** No field is untyped: the columns are stored as the schema says. */
  get isTyped(): boolean {
    return this.schema.fields.every((field) => !field.lexical);
  }

  get sizeBytes(): number {
    return this.columns.reduce((sum, column) => sum + bytesOf(column), 0);
  }

  /** The cells of the field at a position of the schema, as in a row. @throws DativoError DTV_ARROW_INVALID */
  cells(index: number): readonly unknown[] {
    const [column, field] = [this.columns[index] as ArrowColumn, this.#stored[index] as ArrowField];
    this.#cells[index] ??= readCells(sourceOf(column), field, 0, this.length);
    return this.#cells[index];
  }

  column(name: string): Column {
    const field = this.schema.field(name);
    if (field) return columnOf(name, field.type, this.cells(this.schema.indexOf(name)));
    throw new DativoError("DTV_STAGE_MISUSE", `The batch has no column '${name}'`, {
      hint: `Its columns are ${this.schema.names.join(", ")}.`,
    });
  }

  toRowBatch(): RowBatch<R> {
    const columns = this.schema.fields.map((_, index) => this.cells(index));
    return RowBatch.fromColumns<R>(this.schema, columns, this.length, { provenance: this.provenance });
  }

  /** The same records as batches of rows, each made when it is asked for. */
  *slices(maxRows: number): Generator<RowBatch<R>> {
    for (let start = 0; start < this.length; start += maxRows) {
      const length = Math.min(maxRows, this.length - start);
      const columns = this.#stored.map((field, index) =>
        readCells(sourceOf(this.columns[index] as ArrowColumn), field, start, length),
      );
      yield RowBatch.fromColumns<R>(this.schema, columns, length, { provenance: this.provenance?.from(start) });
    }
  }

  rows(options: RowsOptions = {}): Iterable<R> {
    return this.toRowBatch().rows(options);
  }

  [Symbol.iterator](): Iterator<R> {
    return this.rows()[Symbol.iterator]();
  }

  /** The memory is JavaScript's own; nothing needs counting. */
  retain(): ArrowBatch<R> {
    return this;
  }

  release(): void {}
}
