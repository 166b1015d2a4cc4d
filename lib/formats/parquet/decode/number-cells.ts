/** Whole numbers of Parquet as cells: a number, or a bigint where no JavaScript number is exact. */

const TWO_32 = 2 ** 32;
/** The high half of an integer below this, either way, makes a safe integer whatever the low half is. */
const SAFE_HIGH = 2 ** 21 - 1;

export function int32Cells(raw: Int32Array): number[] {
  const cells = new Array<number>(raw.length);
  for (let i = 0; i < raw.length; i++) cells[i] = raw[i] as number;
  return cells;
}

export function uint32Cells(raw: Int32Array): number[] {
  const cells = new Array<number>(raw.length);
  for (let i = 0; i < raw.length; i++) cells[i] = (raw[i] as number) >>> 0;
  return cells;
}

export function int64Cells(raw: BigInt64Array): (number | bigint)[] {
  const cells = new Array<number | bigint>(raw.length);
  const halves = halvesOf(raw);
  for (let i = 0; i < raw.length; i++) {
    const high = halves[2 * i + 1] as number;
    // Two halves make a number without a bigint in between, which is the slow part.
    if (isSafeHigh(high)) cells[i] = high * TWO_32 + ((halves[2 * i] as number) >>> 0);
    else cells[i] = narrow(raw[i] as bigint);
  }
  return cells;
}

export function mapInt32(raw: Int32Array, ofNumber: (value: number) => unknown): unknown[] {
  const cells = new Array<unknown>(raw.length);
  for (let i = 0; i < raw.length; i++) cells[i] = ofNumber(raw[i] as number);
  return cells;
}

/** Each value as a number where that is exact, handed to `ofNumber`, else as a bigint, handed to `ofBigInt`. */
export function mapInt64(
  raw: BigInt64Array,
  ofNumber: (value: number) => unknown,
  ofBigInt: (value: bigint) => unknown,
): unknown[] {
  const cells = new Array<unknown>(raw.length);
  const halves = halvesOf(raw);
  for (let i = 0; i < raw.length; i++) {
    const high = halves[2 * i + 1] as number;
    cells[i] = isSafeHigh(high)
      ? ofNumber(high * TWO_32 + ((halves[2 * i] as number) >>> 0))
      : ofBigInt(raw[i] as bigint);
  }
  return cells;
}

/** A half-precision float, two bytes, little end first (IEEE 754 binary16). */
export function float16Cell(bytes: Buffer, start: number): number {
  const bits = bytes.readUInt16LE(start);
  const sign = bits >> 15 === 1 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function isSafeHigh(high: number): boolean {
  return high >= -SAFE_HIGH && high <= SAFE_HIGH;
}

/** Low half, high half, low half …: Node runs on little-endian machines, as the format is. */
function halvesOf(raw: BigInt64Array): Int32Array {
  return new Int32Array(raw.buffer, raw.byteOffset, raw.length * 2);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
