import type { RowBatch } from "./row-batch.ts";
import type { Field, Schema } from "./schema.ts";
import { formatType } from "./types.ts";
import { compileValueHasher, hashHigh, hashLow, type ValueHasher } from "./value-hash.ts";

/** What a column holds, whatever the order of its records. */
export interface ColumnChecksum {
  readonly name: string;
  /** Of the values that were summed; none for lists and objects, which are not. */
  readonly type?: string | undefined;
  readonly values: number;
  readonly nulls: number;
  /** Sum of the hashes of all values, modulo 2^128, as 32 hex digits. */
  readonly sum?: string | undefined;
}

/** Sums columns while they are written. */
export class ChecksumBuilder {
  readonly #columns: readonly ColumnSum[];

  constructor(schema: Schema) {
    this.#columns = schema.fields.map((field) => new ColumnSum(field));
  }

  /** Adds records of the schema. */
  add(batch: RowBatch): void {
    for (const [index, column] of this.#columns.entries()) column.add(batch.cells(index));
  }

  build(): ColumnChecksum[] {
    return this.#columns.map((column) => column.build());
  }
}

/** The checksum of a column that has the same cell, or none, in so many records. */
export function repeatedChecksum(field: Field, cell: unknown, rows: number): ColumnChecksum {
  const column = new ColumnSum(field);
  column.add([cell]);
  const once = column.build();
  const times = { ...once, values: once.values * rows, nulls: once.nulls * rows };
  return once.sum === undefined ? times : { ...times, sum: hexOf(BigInt(`0x${once.sum}`) * BigInt(rows)) };
}

/** The columns of several files together; undefined when one has none, or other columns. */
export function addChecksums(
  parts: readonly (readonly ColumnChecksum[] | undefined)[],
): readonly ColumnChecksum[] | undefined {
  const [first, ...rest] = parts;
  if (first === undefined) return undefined;
  return rest.reduce<readonly ColumnChecksum[] | undefined>(
    (sum, part) =>
      sum && part && isAlike(sum, part)
        ? sum.map((column, i) => addColumn(column, part[i] as ColumnChecksum))
        : undefined,
    first,
  );
}

/** Whether two have the same columns and hold the same. A column without a sum shows nothing. */
export function describeDifference(expected: ColumnChecksum, found: ColumnChecksum | undefined): string | undefined {
  if (!found) return "is missing";
  if (expected.values !== found.values || expected.nulls !== found.nulls) {
    return `has ${found.values} values and ${found.nulls} nulls, not ${expected.values} and ${expected.nulls}`;
  }
  if (expected.sum === undefined || found.sum === undefined) return "has no checksum to tell by";
  return expected.sum === found.sum ? undefined : "holds other values";
}

/** Checksums as a writer reports them with a file; undefined where it has none, or something else of that name. */
export function checksumsIn(metadata: Readonly<Record<string, unknown>>): readonly ColumnChecksum[] | undefined {
  const { checksums } = metadata;
  return Array.isArray(checksums) && checksums.every(isChecksum) ? checksums : undefined;
}

class ColumnSum {
  readonly #field: Field;
  #hash: ValueHasher | undefined;
  #values = 0;
  #nulls = 0;
  #sum = 0n;

  constructor(field: Field) {
    this.#field = field;
    this.#hash = compileValueHasher(field.type);
  }

  add(cells: readonly unknown[]): void {
    // Halves of so many hashes as a batch has fit into a double.
    let [high, low] = [0, 0];
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row];
      if (cell === null || cell === undefined) {
        this.#nulls++;
        continue;
      }
      this.#values++;
      if (this.#hash === undefined) continue;
      if (!this.#hash(cell)) this.#hash = undefined;
      high += hashHigh >>> 0;
      low += hashLow >>> 0;
    }
    this.#sum += (BigInt(high) << 32n) + BigInt(low);
  }

  build(): ColumnChecksum {
    const counts = { name: this.#field.name, values: this.#values, nulls: this.#nulls };
    return this.#hash ? { ...counts, type: formatType(this.#field.type), sum: hexOf(this.#sum) } : counts;
  }
}

function isAlike(one: readonly ColumnChecksum[], other: readonly ColumnChecksum[]): boolean {
  const shape = (columns: readonly ColumnChecksum[]): string =>
    JSON.stringify(columns.map(({ name, type }) => [name, type]));
  return shape(one) === shape(other);
}

function addColumn(one: ColumnChecksum, other: ColumnChecksum): ColumnChecksum {
  const sums = { ...one, values: one.values + other.values, nulls: one.nulls + other.nulls };
  if (one.sum === undefined || other.sum === undefined) return sums;
  return { ...sums, sum: hexOf(BigInt(`0x${one.sum}`) + BigInt(`0x${other.sum}`)) };
}

function hexOf(sum: bigint): string {
  return BigInt.asUintN(128, sum).toString(16).padStart(32, "0");
}

function isChecksum(value: unknown): value is ColumnChecksum {
  const { name, type, values, nulls, sum } = (value ?? {}) as Record<string, unknown>;
  const isSummed = typeof type === "string" && typeof sum === "string" && /^[0-9a-f]{32}$/.test(sum);
  return (
    typeof name === "string" &&
    isCount(values) &&
    isCount(nulls) &&
    (isSummed || (type === undefined && sum === undefined))
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
