import type { Row } from "../../contract/batch.ts";
import type { Provenance } from "../../contract/provenance.ts";
import type { Schema } from "../../contract/schema.ts";
import { type ArrowColumn, bytesOf, sourceOf } from "./arrow-column.ts";
import { type ArrowField, isPlainField } from "./arrow-field.ts";
import { CellBatch } from "./cell-batch.ts";
import { readCells } from "./read-cells.ts";

/** Records as Arrow columns in JavaScript's memory. */
export class ArrowBatch<R extends Row = Row> extends CellBatch<R> {
  readonly columns: readonly ArrowColumn[];
  /** How the columns are stored: for untyped fields otherwise than the schema says. */
  readonly #stored: readonly ArrowField[];

  constructor(
    schema: Schema,
    stored: readonly ArrowField[],
    columns: readonly ArrowColumn[],
    length: number,
    provenance?: Provenance,
  ) {
    super(schema, length, provenance);
    this.#stored = stored;
    this.columns = columns;
  }

  /** No field is untyped, and each is stored as we store its type. */
  get isPlain(): boolean {
    return this.#stored.every((field, index) => !this.schema.fields[index]?.lexical && isPlainField(field));
  }

  plainColumns(): readonly ArrowColumn[] | undefined {
    return this.isPlain ? this.columns : undefined;
  }

  get sizeBytes(): number {
    return this.columns.reduce((sum, column) => sum + bytesOf(column), 0);
  }

  protected makeCells(index: number, start: number, count: number): unknown[] {
    return readCells(sourceOf(this.columns[index] as ArrowColumn), this.#stored[index] as ArrowField, start, count);
  }

  /** The same records, which stand elsewhere. */
  placedAt(provenance: Provenance): ArrowBatch<R> {
    return new ArrowBatch<R>(this.schema, this.#stored, this.columns, this.length, provenance);
  }

  /** The memory is JavaScript's own; nothing needs counting. */
  retain(): ArrowBatch<R> {
    return this;
  }

  release(): void {}
}
