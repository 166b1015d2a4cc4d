import { type Batch, batchBrand, type Row, type RowsOptions } from "../contract/batch.ts";
import { type Column, columnOf } from "../contract/column.ts";
import { DativoError } from "../contract/errors.ts";
import type { Provenance } from "../contract/provenance.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import type { ArrowField, ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { importCells, payloadBytes } from "./import-column.ts";
import { ARROW_ARRAY } from "./layout.ts";
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
  /** Fingerprint of the contract that the library has held the records to. */
  readonly contract: string | undefined;
  /** Whether another library can take the memory as it is. */
  readonly isPlain: boolean;
  /** How the columns lie there. */
  readonly arrow: ArrowSchema;
  readonly #cells: (readonly unknown[] | undefined)[] = [];
  #isReleased = false;

  constructor(arrow: ArrowSchema, native: NativeRows, provenance?: Provenance) {
    this.schema = arrow.schema;
    this.contract = arrow.contract;
    this.isPlain = arrow.isPlain;
    this.arrow = arrow;
    this.native = native;
    this.length = native.length;
    this.sizeBytes = payloadBytes(native.struct, arrow.fields);
    this.provenance = provenance;
  }

  /** The cells of the field at a position of the schema, as in a row. @throws DativoError DTV_BATCH_MOVED */
  cells(index: number): readonly unknown[] {
    this.#cells[index] ??= importCells(this.native.struct, this.arrow.fields[index] as ArrowField, index);
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

  /** The same records as batches of JavaScript values, each made when it is asked for. */
  *slices(maxRows: number): Generator<RowBatch<R>> {
    for (let start = 0; start < this.length; start += maxRows) {
      const length = Math.min(maxRows, this.length - start);
      const part = sliceOf(this.native.struct, start, length);
      const columns = this.arrow.fields.map((field, index) => importCells(part, field, index));
      const provenance = this.provenance?.from(start);
      yield RowBatch.fromColumns<R>(this.schema, columns, length, { provenance });
    }
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
    return new ColumnBatch<R>(this.arrow, this.native, this.provenance);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.native.release();
  }
}

/** A view of some records of a struct array, for as long as that one lives. */
function sliceOf(struct: Buffer, start: number, length: number): Buffer {
  const part = Buffer.from(struct);
  part.writeBigInt64LE(BigInt(length), ARROW_ARRAY.length);
  part.writeBigInt64LE(struct.readBigInt64LE(ARROW_ARRAY.offset) + BigInt(start), ARROW_ARRAY.offset);
  return part;
}
