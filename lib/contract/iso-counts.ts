/** ISO text as counts. The usual form is read digit by digit, several times faster than by a pattern. */
import { MICROS_PER_DAY, parseDate, parseTime, parseTimestamp, toEpochMicros } from "./temporal.ts";

/** Dates repeat; the days of so many are remembered before starting over (some hundred years). */
const REMEMBERED_DATES = 40_000;
/** Days either way of 1970 whose microseconds a number holds exactly. */
const EXACT_DAYS = Math.floor(Number.MAX_SAFE_INTEGER / MICROS_PER_DAY) - 1;
const MICROS_PER_SECOND = 1_000_000;

const DATE_LENGTH = "YYYY-MM-DD".length;
const TIME_LENGTH = "HH:MM:SS.ffffff".length;
const LOCAL_LENGTH = DATE_LENGTH + 1 + TIME_LENGTH;
const ZERO = 48;
const COLON = 58;
const POINT = 46;

/** Days since 1970-01-01, by the date as one number, `YYYYMMDD`. */
const days = new Map<number, number>();

/** Days since 1970-01-01, or undefined for text that is no date. */
export function dayOf(text: string): number | undefined {
  return text.length === DATE_LENGTH ? dayAtStart(text) : undefined;
}

/** Microseconds since midnight, or undefined for text that is no time of day. */
export function timeOf(text: string): bigint | undefined {
  const micros = text.length === TIME_LENGTH ? timeAt(text, 0) : undefined;
  if (micros !== undefined) return BigInt(micros);
  const parsed = parseTime(text);
  return typeof parsed === "string" ? undefined : BigInt(parsed);
}

/** Microseconds since 1970-01-01T00:00:00, or undefined for text that is no timestamp. */
export function microsOf(text: string): bigint | undefined {
  const micros = usualMicros(text);
  if (micros !== undefined) return BigInt(micros);
  const stamp = parseTimestamp(text);
  return typeof stamp === "string" ? undefined : toEpochMicros(stamp);
}

/** Of `YYYY-MM-DDTHH:MM:SS.ffffff`, with or without a `Z`; undefined for any other form and for far years. */
function usualMicros(text: string): number | undefined {
  const isUsual = text.length === LOCAL_LENGTH || (text.length === LOCAL_LENGTH + 1 && text[LOCAL_LENGTH] === "Z");
  if (!isUsual || text[DATE_LENGTH] !== "T") return undefined;
  const time = timeAt(text, DATE_LENGTH + 1);
  const day = dayAtStart(text);
  if (time === undefined || day === undefined || Math.abs(day) > EXACT_DAYS) return undefined;
  return day * MICROS_PER_DAY + time;
}

/** Of `HH:MM:SS.ffffff` from `start` on; undefined for any other form. */
function timeAt(text: string, start: number): number | undefined {
  const isUsual =
    text.charCodeAt(start + 2) === COLON &&
    text.charCodeAt(start + 5) === COLON &&
    text.charCodeAt(start + 8) === POINT;
  const hour = numberAt(text, start, start + 2);
  const minute = numberAt(text, start + 3, start + 5);
  const second = numberAt(text, start + 6, start + 8);
  const micros = numberAt(text, start + 9, start + TIME_LENGTH);
  if (!(isUsual && hour < 24 && minute < 60 && second < 60 && micros >= 0)) return undefined;
  return ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + micros;
}

/** The day of the first ten characters. */
function dayAtStart(text: string): number | undefined {
  const key = numberAt(text, 0, 4) * 10_000 + numberAt(text, 5, 7) * 100 + numberAt(text, 8, 10);
  const known = text[4] === "-" && text[7] === "-" ? days.get(key) : undefined;
  if (known !== undefined) return known;
  const day = parseDate(text.slice(0, DATE_LENGTH));
  if (typeof day === "string") return undefined;
  if (days.size >= REMEMBERED_DATES) days.clear();
  days.set(key, day);
  return day;
}

/** The digits from `start` up to `end` as a number, NaN where there is something else. */
function numberAt(text: string, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
