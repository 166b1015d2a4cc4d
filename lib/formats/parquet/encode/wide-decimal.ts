/** Decimals of more than 18 digits as the bytes that Parquet stores, several times faster than the library does it. */
import type { DataType } from "../../../contract/types.ts";

/** Least and greatest value of a column, where it has any. */
export interface Bounds {
  least: bigint | undefined;
  greatest: bigint | undefined;
}

export interface WideDecimals {
  readonly bytes: (Uint8Array | null)[];
  readonly bounds: Bounds;
}

/** Digits that always fit into 64 bits. */
export const INT64_PRECISION = 18;
const MAX_BYTES = 16;

export function isWideDecimal(type: DataType): boolean {
  return type.kind === "decimal" && type.precision > INT64_PRECISION;
}

/** Bytes that hold every decimal of a precision, in two's complement. */
export function decimalBytes(precision: number): number {
  return Math.ceil((precision * Math.log2(10) + 1) / 8);
}

/** Unscaled values as two's complement of `length` bytes, big end first, all in one piece of memory. */
export function toWideDecimals(values: readonly (bigint | null)[], length: number): WideDecimals {
  const scratch = new Uint8Array(MAX_BYTES);
  const view = new DataView(scratch.buffer);
  const tail = scratch.subarray(MAX_BYTES - length);
  const all = new Uint8Array(values.length * length);
  const bounds: Bounds = { least: undefined, greatest: undefined };
  const bytes = values.map((value, i) => {
    if (value === null) return null;
    if (bounds.least === undefined || value < bounds.least) bounds.least = value;
    if (bounds.greatest === undefined || value > bounds.greatest) bounds.greatest = value;
    view.setBigInt64(0, value >> 64n);
    view.setBigUint64(8, BigInt.asUintN(64, value));
    all.set(tail, i * length);
    return all.subarray(i * length, (i + 1) * length);
  });
  return { bytes, bounds };
}
