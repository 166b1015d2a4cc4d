import type { Row } from "../contract/batch.ts";
import type { Column } from "../contract/column.ts";
import type { Provenance } from "../contract/provenance.ts";
import type { ArrowColumn } from "../formats/arrow/arrow-column.ts";
import type { ArrowField, ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { CellBatch, type CellExtras } from "../formats/arrow/cell-batch.ts";
import { copyColumns } from "./copy-columns.ts";
import { importCells, importValues, payloadBytes } from "./import-column.ts";
import type { NativeRows } from "./native-rows.ts";

/** Columns in the memory of a library. JavaScript gets a copy of the columns that it looks at, and of no others. */
export class ColumnBatch<R extends Row = Row> extends CellBatch<R> {
  readonly sizeBytes: number;
  /** The memory, for the next native stage. */
  readonly native: NativeRows;
  /** Fingerprint of the contract that the library has held the records to. */
  readonly contract: string | undefined;
  /** Whether another library can take the memory as it is. */
  readonly isPlain: boolean;
  /** How the columns lie there. */
  readonly arrow: ArrowSchema;
  readonly #columns = new Map<string, Column>();
  #isReleased = false;

  constructor(arrow: ArrowSchema, native: NativeRows, provenance?: Provenance, extras: CellExtras = {}) {
    super(arrow.schema, native.length, provenance, extras);
    this.contract = arrow.contract;
    this.isPlain = arrow.isPlain;
    this.arrow = arrow;
    this.native = native;
    this.sizeBytes = payloadBytes(native.struct, arrow.fields);
  }

  /** Copies. @throws DativoError DTV_BATCH_MOVED */
  plainColumns(): ArrowColumn[] | undefined {
    return this.isPlain ? copyColumns(this) : undefined;
  }

  /** @throws DativoError DTV_BATCH_MOVED */
  protected makeCells(index: number, start: number, count: number): unknown[] {
    return importCells(this.native.struct, this.arrow.fields[index] as ArrowField, index, start, count);
  }

  /** Counts are copied as they lie there; what has another form in memory is made of its cells. */
  override column(name: string): Column {
    const known = this.#columns.get(name);
    if (known) return known;
    const index = this.schema.indexOf(name);
    const field = this.schema.fields[index];
    if (!field || this.hasCells(index)) return super.column(name);
    const values = importValues(this.native.struct, this.arrow.fields[index] as ArrowField, index);
    if (!values) return super.column(name);
    const column = { name, type: field.type, length: this.length, ...values };
    this.#columns.set(name, column);
    return column;
  }

  /** The same memory for one more owner; it is given back when every owner has released their own batch. */
  retain(): ColumnBatch<R> {
    this.native.retain();
    return new ColumnBatch<R>(this.arrow, this.native, this.provenance, this);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.native.release();
  }
}
