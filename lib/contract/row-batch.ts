import { type Batch, batchBrand, isBatch, type Row, type RowsOptions } from "./batch.ts";
import { compileBlankRow } from "./blank-row.ts";
import { type Column, columnOf } from "./column.ts";
import { DativoError } from "./errors.ts";
import { stringifyJson } from "./json.ts";
import type { Provenance } from "./provenance.ts";
import { cellsOf, copyColumns, namesOf } from "./row-cells.ts";
import { type Field, Schema } from "./schema.ts";

/** Most records in one batch: larger ones are slower in JavaScript (cache and garbage collector, measured). */
export const MAX_BATCH_ROWS = 2000;

/** What a cell costs besides its text: slot, header and alignment on a 64-bit V8. */
export const CELL_OVERHEAD_BYTES = 24;

interface Extras {
  provenance?: Provenance | undefined;
  /** The cells are of the schema's types, since a codec or a check made them: a contract need not convert them again. */
  exact?: boolean | undefined;
}

/**
 * A batch of JavaScript values.
 *
 * It is made from rows or from columns of cells and turns into the other only when asked. {@link cells} is the
 * exact view that stages work on: as in a row, but an integer beyond 2^53 is a bigint.
 */
export class RowBatch<R extends Row = Row> implements Batch<R> {
  readonly [batchBrand] = true;
  readonly schema: Schema;
  readonly length: number;
  readonly provenance: Provenance | undefined;
  readonly isExact: boolean;
  #rows: readonly R[] | undefined;
  #columns: (readonly unknown[] | undefined)[];
  #sizeBytes: number | undefined;

  private constructor(schema: Schema, length: number, extras: Extras) {
    this.schema = schema;
    this.length = length;
    this.provenance = extras.provenance;
    this.isExact = extras.exact ?? false;
    this.#columns = new Array(schema.fields.length);
  }

  /** Records as objects; without a schema, the fields are the names found in them, untyped. Missing values are null. */
  static fromRows<R extends Row>(
    rows: readonly R[],
    schema: Schema = Schema.lexical(namesOf(rows), { open: true }),
    extras: Extras = {},
  ): RowBatch<R> {
    const batch = new RowBatch<R>(schema, rows.length, extras);
    batch.#rows = rows;
    return batch;
  }

  /**
   * As {@link fromRows}, but nothing of the rows is kept: who made them may change them and use them again. The schema is
   * the one given as long as the rows have no other names.
   */
  static copyOf<R extends Row>(rows: readonly R[], known?: Schema, extras: Extras = {}): RowBatch<R> {
    const { names, columns } = copyColumns(rows, known?.names);
    const schema = names.length === known?.fields.length ? known : Schema.lexical(names, { open: true });
    return RowBatch.fromColumns<R>(schema, columns, rows.length, extras);
  }

  /** Columns of cells in the order of the schema, each `length` long, null where there is no value. */
  static fromColumns<R extends Row = Row>(
    schema: Schema,
    columns: readonly (readonly unknown[])[],
    length: number,
    extras: Extras = {},
  ): RowBatch<R> {
    const batch = new RowBatch<R>(schema, length, extras);
    batch.#columns = [...columns];
    return batch;
  }

  static empty<R extends Row = Row>(schema: Schema, provenance?: Provenance): RowBatch<R> {
    const columns = schema.fields.map(() => []);
    return RowBatch.fromColumns<R>(schema, columns, 0, { provenance });
  }

  /** Any batch as JavaScript values; a RowBatch is returned as it is. */
  static from<R extends Row>(batch: Batch<R>): RowBatch<R> {
    if (batch instanceof RowBatch) return batch;
    return batch.toRowBatch?.() ?? RowBatch.fromRows([...batch.rows({ integers: "bigint" })], batch.schema);
  }

  /** The records of any batch as objects, see {@link Batch.rows}. */
  static rowsOf<R extends Row>(batch: Batch<R>, options: RowsOptions = {}): R[] {
    return batch instanceof RowBatch ? batch.rowArray(options) : [...batch.rows(options)];
  }

  /** The same in parts of no more than {@link MAX_BATCH_ROWS}, where the batch is not one of rows. */
  static partsOf(batch: Batch): Iterable<RowBatch> {
    return (batch instanceof RowBatch ? undefined : batch.slices?.(MAX_BATCH_ROWS)) ?? [RowBatch.from(batch)];
  }

  get sizeBytes(): number {
    this.#sizeBytes ??= this.#measure();
    return this.#sizeBytes;
  }

  /** The cells of the field at a position of the schema. */
  cells(index: number): readonly unknown[] {
    this.#columns[index] ??= cellsOf(this.#rows ?? [], (this.schema.fields[index] as Field).name);
    return this.#columns[index];
  }

  column(name: string): Column {
    const index = this.schema.indexOf(name);
    const field = this.schema.fields[index];
    if (!field) {
      throw new DativoError("DTV_STAGE_MISUSE", `The batch has no column '${name}'`, {
        hint: `Its columns are ${this.schema.names.join(", ")}.`,
      });
    }
    return columnOf(name, field.type, this.cells(index));
  }

  *rows(options: RowsOptions = {}): Generator<R> {
    const rowAt = this.#compileRow(options);
    for (let i = 0; i < this.length; i++) yield rowAt(i);
  }

  /** The same at once, for whoever wants all of them: asking a generator for each takes as long as making it. */
  rowArray(options: RowsOptions = {}): R[] {
    const rowAt = this.#compileRow(options);
    const rows = new Array<R>(this.length);
    for (let i = 0; i < rows.length; i++) rows[i] = rowAt(i);
    return rows;
  }

  [Symbol.iterator](): Iterator<R> {
    return this.rows();
  }

  /** The records at some positions, in the order given. */
  take(indices: readonly number[]): RowBatch<R> {
    const columns = this.schema.fields.map((_, index) => {
      const cells = this.cells(index);
      return indices.map((i) => cells[i]);
    });
    return RowBatch.fromColumns<R>(this.schema, columns, indices.length, {
      provenance: this.provenance?.take(indices),
      exact: this.isExact,
    });
  }

  /** The records from `start` up to `end`. */
  slice(start: number, end: number): RowBatch<R> {
    if (start === 0 && end >= this.length) return this;
    return this.take(Array.from({ length: Math.min(end, this.length) - start }, (_, i) => start + i));
  }

  /** Values of JavaScript are kept by reference; nothing needs counting. */
  retain(): RowBatch<R> {
    return this;
  }

  release(): void {}

  #compileRow({ integers }: RowsOptions): (index: number) => R {
    const { fields, names } = this.schema;
    const blank = compileBlankRow(names);
    const columns = fields.map((_, index) => this.cells(index));
    const isInteger = fields.map(({ type }) => type.kind === "integer");
    const isWide = fields.map((field) => (integers ?? field.integers) === "bigint");
    return (index) => {
      const row = blank();
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string;
        const cell = columns[i]?.[index] ?? null;
        row[name] =
          isInteger[i] && cell !== null ? integerOf(cell as number | bigint, isWide[i] as boolean, name) : cell;
      }
      return row as R;
    };
  }

  #measure(): number {
    let bytes = this.provenance?.spans ? sum(this.provenance.spans.lengths) : 0;
    for (let index = 0; index < this.schema.fields.length; index++) {
      const cells = this.cells(index);
      bytes += CELL_OVERHEAD_BYTES * cells.length;
      for (let i = 0; i < cells.length; i++) bytes += payloadBytes(cells[i]);
    }
    return bytes;
  }
}

/** Positions below `count` that are not among those excluded. */
export function positionsExcept(count: number, excluded: ReadonlyMap<number, unknown>): number[] {
  return Array.from({ length: count }, (_, position) => position).filter((position) => !excluded.has(position));
}

/** One record as JSON text, for a source that has no bytes of it. */
export function recordText(batch: RowBatch, row: number): string {
  const record = Object.fromEntries(batch.schema.names.map((name, index) => [name, batch.cells(index)[row] ?? null]));
  return stringifyJson(record, "string");
}

/** What a value is that is no record, for messages; undefined for a record. */
export function describeNoRecord(value: unknown): string | undefined {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  if (isBatch(value)) return "a batch";
  if (ArrayBuffer.isView(value)) return "bytes";
  // A forgotten `await`; it has no properties and would pass for a record without values.
  return value instanceof Promise ? "a promise" : undefined;
}

function integerOf(cell: number | bigint, wide: boolean, name: string): number | bigint {
  if (wide) return BigInt(cell);
  if (typeof cell === "number") return cell;
  throw new DativoError("DTV_INT_UNSAFE", `Field '${name}' holds ${cell}, which no JavaScript number holds exactly`, {
    culprit: name,
    hint: `Ask for rows({ integers: "bigint" }), or give the field integers: "bigint".`,
  });
}

/** Bytes behind a cell, besides {@link CELL_OVERHEAD_BYTES}; text counts two per UTF-16 unit, which V8 needs at most. */
export function payloadBytes(cell: unknown): number {
  if (typeof cell === "string") return cell.length * 2;
  if (typeof cell !== "object" || cell === null) return 0;
  if (cell instanceof Uint8Array) return cell.byteLength;
  if (cell instanceof Date) return 0;
  let bytes = 0;
  for (const inner of Array.isArray(cell) ? cell : Object.values(cell))
    bytes += CELL_OVERHEAD_BYTES + payloadBytes(inner);
  return bytes;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}
