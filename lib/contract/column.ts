import { parseDecimal } from "./decimal.ts";
import { dayOf, microsOf, timeOf } from "./iso-counts.ts";
import type { DataType } from "./types.ts";

/**
 * One column of a batch as typed values, in the representation that Arrow gives the type.
 *
 * | type | `values` |
 * |---|---|
 * | string | string[] |
 * | integer | BigInt64Array |
 * | double | Float64Array |
 * | decimal | bigint[], unscaled |
 * | boolean | boolean[] |
 * | date | Int32Array, days since 1970-01-01 |
 * | time | BigInt64Array, microseconds since midnight |
 * | timestamp | BigInt64Array, microseconds since 1970-01-01T00:00:00 (UTC when zoned) |
 * | binary | Uint8Array[] |
 * | array, object | as in a row |
 *
 * At a null position the value is unspecified; ask {@link isNull} first.
 */
export interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly length: number;
  readonly nullCount: number;
  readonly values: ArrayLike<unknown>;
  isNull(index: number): boolean;
}

/** The typed value of a cell (see {@link Column}); cells come from `compileConverter`, so they are well-formed. */
type Encoder = (cell: unknown) => unknown;

/** A function from a non-null cell of `type` to its typed value. */
export function compileColumnEncoder(type: DataType): Encoder {
  switch (type.kind) {
    case "integer":
      return (cell) => BigInt(cell as number | bigint);
    case "decimal":
      return (cell) => parseDecimal(cell as string, type.precision, type.scale);
    case "date":
      return (cell) => dayOf(cell as string);
    case "time":
      return (cell) => timeOf(cell as string);
    case "timestamp":
      return (cell) => microsOf(cell as string);
    default:
      return (cell) => cell;
  }
}

/** Cells (null where there is no value) as a column. */
export function columnOf(name: string, type: DataType, cells: readonly unknown[]): Column {
  const encode = compileColumnEncoder(type);
  const values = emptyValues(type, cells.length);
  let nullCount = 0;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (cell === null || cell === undefined) nullCount++;
    else values[i] = encode(cell);
  }
  return {
    name,
    type,
    length: cells.length,
    nullCount,
    values,
    isNull: (index) => cells[index] === null || cells[index] === undefined,
  };
}

function emptyValues(type: DataType, length: number): { [index: number]: unknown; length: number } {
  switch (type.kind) {
    case "integer":
    case "time":
    case "timestamp":
      return new BigInt64Array(length);
    case "double":
      return new Float64Array(length);
    case "date":
      return new Int32Array(length);
    default:
      return new Array<unknown>(length);
  }
}
