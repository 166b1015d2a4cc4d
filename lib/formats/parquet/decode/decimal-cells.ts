/** DECIMAL of Parquet, an unscaled integer in any of four physical types, as decimal text (LogicalTypes.md, "DECIMAL"). */
import { formatDecimal } from "../../../contract/decimal.ts";
import { mapInt32, mapInt64 } from "./number-cells.ts";
import { Unfit } from "./unfit.ts";

export interface DecimalCells {
  ofInt32(raw: Int32Array): unknown[];
  ofInt64(raw: BigInt64Array): unknown[];
  /** Two's complement, big end first. */
  ofBytes(bytes: Buffer, start: number, end: number): unknown;
}

export function decimalCells(precision: number, scale: number): DecimalCells {
  const unfit = new Unfit(`has more than the ${precision} digits of decimal(${precision},${scale})`);
  const bound = 10n ** BigInt(precision);
  const numberBound = precision <= 15 ? 10 ** precision : Number.POSITIVE_INFINITY;
  const ofNumber = (value: number): unknown =>
    value > -numberBound && value < numberBound ? formatSmall(value, scale) : unfit;
  const ofBigInt = (value: bigint): unknown => (value > -bound && value < bound ? formatDecimal(value, scale) : unfit);
  return {
    ofInt32: (raw) => mapInt32(raw, ofNumber),
    ofInt64: (raw) => mapInt64(raw, ofNumber, ofBigInt),
    ofBytes: (bytes, start, end) => {
      const length = end - start;
      return length > 0 && length <= 6
        ? ofNumber(bytes.readIntBE(start, length))
        : ofBigInt(bigIntOf(bytes, start, end));
    },
  };
}

/** The same as `formatDecimal`, for an integer that a number holds exactly. */
function formatSmall(unscaled: number, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(Math.abs(unscaled)).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${unscaled < 0 ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function bigIntOf(bytes: Buffer, start: number, end: number): bigint {
  if (end - start === 16) return (bytes.readBigInt64BE(start) << 64n) | bytes.readBigUInt64BE(start + 8);
  if (end === start) return 0n;
  return BigInt.asIntN(8 * (end - start), BigInt(`0x${bytes.toString("hex", start, end)}`));
}
