import { type Batch, batchBrand, type Row, type RowsOptions } from "../../contract/batch.ts";
import { type Column, columnOf } from "../../contract/column.ts";
import { DativoError } from "../../contract/errors.ts";
import { describePlace, type Provenance } from "../../contract/provenance.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import type { Schema } from "../../contract/schema.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { UnfitValue } from "./unfit-value.ts";

export interface CellExtras {
  /** The cells are of the schema's types, since a codec of ours made them. */
  readonly isExact?: boolean;
}

/** Records in columns that are no JavaScript values yet. Cells are made of the columns that somebody looks at. */
export abstract class CellBatch<R extends Row = Row> implements Batch<R> {
  readonly [batchBrand] = true;
  readonly schema: Schema;
  readonly length: number;
  readonly provenance: Provenance | undefined;
  readonly isExact: boolean;
  abstract readonly sizeBytes: number;
  readonly #cells: (readonly unknown[] | undefined)[] = [];

  constructor(schema: Schema, length: number, provenance?: Provenance, { isExact = false }: CellExtras = {}) {
    this.schema = schema;
    this.length = length;
    this.provenance = provenance;
    this.isExact = isExact;
  }

  abstract retain(): CellBatch<R>;
  abstract release(): void;

  /** Whether the columns are stored as we ourselves store their types. */
  abstract readonly isPlain: boolean;

  /** The columns in JavaScript's memory, where they are stored like that. */
  abstract plainColumns(): readonly ArrowColumn[] | undefined;

  /** Makes cells. @throws UnfitValue for what no cell holds exactly */
  protected abstract makeCells(index: number, start: number, count: number): readonly unknown[];

  /**
   * Makes `count` cells, from `start`, of the field at a position of the schema.
   *
   * @throws DativoError DTV_VALUE_UNFIT naming the record, DTV_ARROW_INVALID
   */
  readCells(index: number, start: number, count: number): readonly unknown[] {
    try {
      return this.makeCells(index, start, count);
    } catch (error) {
      throw error instanceof UnfitValue ? this.#unfit(index, start + error.index, error) : error;
    }
  }

  /** The cells of the field at a position of the schema, as in a row. @throws DativoError of what cannot be read */
  cells(index: number): readonly unknown[] {
    this.#cells[index] ??= this.readCells(index, 0, this.length);
    return this.#cells[index];
  }

  /** True when the cells were made, which stay when the memory is given back. */
  protected hasCells(index: number): boolean {
    return this.#cells[index] !== undefined;
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
    return RowBatch.fromColumns<R>(this.schema, columns, this.length, {
      provenance: this.provenance,
      exact: this.isExact,
    });
  }

  /** The same records as batches of JavaScript values, each made when it is asked for. */
  *slices(maxRows: number): Generator<RowBatch<R>> {
    for (let start = 0; start < this.length; start += maxRows) {
      const length = Math.min(maxRows, this.length - start);
      const columns = this.schema.fields.map((_, index) => this.readCells(index, start, length));
      yield RowBatch.fromColumns<R>(this.schema, columns, length, {
        provenance: this.provenance?.from(start),
        exact: this.isExact,
      });
    }
  }

  rows(options: RowsOptions = {}): Iterable<R> {
    return this.toRowBatch().rows(options);
  }

  [Symbol.iterator](): Iterator<R> {
    return this.rows()[Symbol.iterator]();
  }

  #unfit(index: number, position: number, { message }: UnfitValue): DativoError {
    const column = this.schema.names[index] as string;
    const place = this.provenance?.at(position);
    const where = place ? describePlace(place) : `record ${position + 1} of a batch`;
    return new DativoError("DTV_VALUE_UNFIT", `${where}: the value of column '${column}' ${message}`, {
      culprit: column,
      hint: "Write the data again with a type that fits.",
      details: { column, row: place?.row },
    });
  }
}
