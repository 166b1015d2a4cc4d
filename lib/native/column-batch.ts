import type { Row } from "../contract/batch.ts";
import type { Provenance } from "../contract/provenance.ts";
import type { ArrowField, ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { CellBatch } from "../formats/arrow/cell-batch.ts";
import { importCells, payloadBytes } from "./import-column.ts";
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
  #isReleased = false;

  constructor(arrow: ArrowSchema, native: NativeRows, provenance?: Provenance) {
    super(arrow.schema, native.length, provenance);
    this.contract = arrow.contract;
    this.isPlain = arrow.isPlain;
    this.arrow = arrow;
    this.native = native;
    this.sizeBytes = payloadBytes(native.struct, arrow.fields);
  }

  /** @throws DativoError DTV_BATCH_MOVED */
  protected readCells(index: number, start: number, count: number): unknown[] {
    return importCells(this.native.struct, this.arrow.fields[index] as ArrowField, index, start, count);
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
