/**
 * DATE, TIME and TIMESTAMP of Parquet as ISO text (LogicalTypes.md, "Temporal Types").
 *
 * What is finer than a microsecond or outside the years 0001 to 9999 has no such text and is Unfit, never cut.
 */
import type { TimeUnit } from "hyparquet";
import { formatDate, formatTime, fromEpochMicros, isInRange, MICROS_PER_DAY } from "../../../contract/temporal.ts";
import { mapInt32, mapInt64 } from "./number-cells.ts";
import { Unfit } from "./unfit.ts";

const TOO_FINE = new Unfit("is finer than a microsecond");
const OUT_OF_YEARS = new Unfit("is outside the years 0001 to 9999");
const NO_TIME_OF_DAY = new Unfit("is not a time of day from 00:00 up to 24:00");

const MILLIS_PER_DAY = 86_400_000;
const NANOS_PER_MICRO = 1000n;
/** The Julian day of 1970-01-01. */
const JULIAN_EPOCH = 2_440_588;

export function dateCells(raw: Int32Array): unknown[] {
  return mapInt32(raw, dateText);
}

export function timeMillisCells(raw: Int32Array): unknown[] {
  return mapInt32(raw, (millis) => timeText(millis * 1000));
}

export function timeCells(raw: BigInt64Array, unit: TimeUnit): unknown[] {
  if (unit === "NANOS") return Array.from(raw, (nanos) => wholeMicros(nanos, (micros) => timeText(Number(micros))));
  return mapInt64(raw, timeText, () => NO_TIME_OF_DAY);
}

export function timestampCells(raw: BigInt64Array, unit: TimeUnit, zoned: boolean): unknown[] {
  if (unit === "NANOS") return Array.from(raw, (nanos) => nanosStamp(nanos, zoned));
  const toStamp = unit === "MICROS" ? microsStamp : millisStamp;
  const toText = (value: number | bigint): unknown => toStamp(value, zoned);
  return mapInt64(raw, toText, toText);
}

export function millisStamp(millis: number | bigint, zoned: boolean): unknown {
  if (typeof millis === "bigint") return OUT_OF_YEARS;
  const days = Math.floor(millis / MILLIS_PER_DAY);
  return stampText(days, (millis - days * MILLIS_PER_DAY) * 1000, zoned);
}

export function microsStamp(value: number | bigint, zoned: boolean): unknown {
  if (typeof value === "bigint") {
    const { days, micros } = fromEpochMicros(value);
    return stampText(days, micros, zoned);
  }
  const days = Math.floor(value / MICROS_PER_DAY);
  return stampText(days, value - days * MICROS_PER_DAY, zoned);
}

export function nanosStamp(nanos: number | bigint, zoned: boolean): unknown {
  return wholeMicros(BigInt(nanos), (micros) => microsStamp(micros, zoned));
}

/** INT96, the timestamp of old Impala and Spark: nanoseconds of the day, then the Julian day. It knows no zone. */
export function int96Cell(bytes: Buffer, start: number): unknown {
  const day = bytes.readInt32LE(start + 8) - JULIAN_EPOCH;
  return wholeMicros(bytes.readBigInt64LE(start), (micros) => {
    const { days, micros: ofDay } = fromEpochMicros(micros);
    return stampText(day + days, ofDay, false);
  });
}

function stampText(days: number, micros: number, zoned: boolean): unknown {
  const date = dateText(days);
  return typeof date === "string" ? `${date}T${formatTime(micros)}${zoned ? "Z" : ""}` : date;
}

export function dateText(days: number): string | Unfit {
  return isInRange(days) ? formatDate(days) : OUT_OF_YEARS;
}

export function timeText(micros: number): unknown {
  return micros >= 0 && micros < MICROS_PER_DAY ? formatTime(micros) : NO_TIME_OF_DAY;
}

function wholeMicros(nanos: bigint, use: (micros: bigint) => unknown): unknown {
  const micros = nanos / NANOS_PER_MICRO;
  return micros * NANOS_PER_MICRO === nanos ? use(micros) : TOO_FINE;
}
