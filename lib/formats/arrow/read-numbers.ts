/** Values of equal width as cells. What no cell holds exactly gives the reason, as an {@link Inexact}, and never a near value. */
import { formatDecimal } from "../../contract/decimal.ts";
import { formatDate, formatTime, formatTimestamp, fromEpochMicros, isInRange } from "../../contract/temporal.ts";
import type { DataType } from "../../contract/types.ts";
import type { FixedStorage } from "./arrow-type.ts";

/** Why a value has no cell. */
export class Inexact {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export type ReadCell = (bytes: Buffer, at: number) => unknown;

const MICROS = 1_000_000n;
const DAY_MICROS = 86_400_000_000n;
const DAY_MILLIS = 86_400_000n;
const MAX_INT64 = 2n ** 63n - 1n;

const TOO_FINE = new Inexact("is finer than a microsecond");
const OUT_OF_YEARS = new Inexact("is outside the years 0001 to 9999");
const NO_TIME_OF_DAY = new Inexact("is not a time of day from 00:00 up to 24:00");
const NO_DAY = new Inexact("is not the beginning of a day");
const TOO_LARGE = new Inexact("is larger than a 64-bit integer with a sign");

export function cellReader(storage: FixedStorage, type: DataType): ReadCell {
  switch (storage.kind) {
    case "int":
      return intReader(storage.bytes, storage.signed);
    case "float":
      return floatReader(storage.bytes);
    case "decimal":
      return (bytes, at) => formatDecimal(readInteger(bytes, at, storage.bytes), storage.scale);
    case "date":
      return storage.bytes === 4 ? (bytes, at) => dateCell(bytes.readInt32LE(at)) : dateOfMillis;
    case "ticks":
      return ticksReader(storage, type);
    case "fixed":
      return storage.uuid
        ? (bytes, at) => uuidText(bytes.toString("hex", at, at + 16))
        : (bytes, at) => new Uint8Array(bytes.subarray(at, at + storage.bytes));
  }
}

function intReader(width: 1 | 2 | 4 | 8, signed: boolean): ReadCell {
  if (width < 8) return signed ? (bytes, at) => bytes.readIntLE(at, width) : (bytes, at) => bytes.readUIntLE(at, width);
  if (signed) return (bytes, at) => narrow(bytes.readBigInt64LE(at));
  return (bytes, at) => {
    const value = bytes.readBigUInt64LE(at);
    return value > MAX_INT64 ? TOO_LARGE : narrow(value);
  };
}

/** An integer cell is a number where that is exact. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function floatReader(width: 2 | 4 | 8): ReadCell {
  if (width === 8) return (bytes, at) => bytes.readDoubleLE(at);
  return width === 4 ? (bytes, at) => bytes.readFloatLE(at) : halfFloat;
}

/** IEEE 754 binary16. */
function halfFloat(bytes: Buffer, at: number): number {
  const bits = bytes.readUInt16LE(at);
  const sign = bits >= 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Two's complement, little end first. */
function readInteger(bytes: Buffer, at: number, width: 4 | 8 | 16 | 32): bigint {
  if (width === 4) return BigInt(bytes.readInt32LE(at));
  let value = bytes.readBigInt64LE(at + width - 8);
  for (let part = width - 16; part >= 0; part -= 8) value = (value << 64n) | bytes.readBigUInt64LE(at + part);
  return value;
}

function dateCell(days: number): unknown {
  return isInRange(days) ? formatDate(days) : OUT_OF_YEARS;
}

function dateOfMillis(bytes: Buffer, at: number): unknown {
  const millis = bytes.readBigInt64LE(at);
  return millis % DAY_MILLIS === 0n ? dateCell(Number(millis / DAY_MILLIS)) : NO_DAY;
}

function ticksReader({ bytes: width, perSecond }: Extract<FixedStorage, { kind: "ticks" }>, type: DataType): ReadCell {
  const format = type.kind === "timestamp" ? (micros: bigint) => timestampCell(micros, type.zoned) : timeCell;
  const [times, over] = perSecond <= MICROS ? [MICROS / perSecond, 1n] : [1n, perSecond / MICROS];
  return (bytes, at) => {
    const ticks = width === 4 ? BigInt(bytes.readInt32LE(at)) : bytes.readBigInt64LE(at);
    return ticks % over === 0n ? format((ticks * times) / over) : TOO_FINE;
  };
}

function timestampCell(micros: bigint, zoned: boolean): unknown {
  const time = fromEpochMicros(micros);
  return isInRange(time.days) ? formatTimestamp(time, zoned) : OUT_OF_YEARS;
}

function timeCell(micros: bigint): unknown {
  return micros >= 0n && micros < DAY_MICROS ? formatTime(Number(micros)) : NO_TIME_OF_DAY;
}

function uuidText(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
