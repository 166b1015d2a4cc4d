/** ISO text as counts. The usual form is read digit by digit, several times faster than by a pattern. */
import { MICROS_PER_DAY, parseDate, parseTimestamp, toEpochMicros } from "../../../contract/temporal.ts";

/** Dates repeat; the days of so many are remembered before starting over (some hundred years). */
const REMEMBERED_DATES = 40_000;
/** Days either way of 1970 whose microseconds a number holds exactly. */
const EXACT_DAYS = Math.floor(Number.MAX_SAFE_INTEGER / MICROS_PER_DAY) - 1;
const MICROS_PER_SECOND = 1_000_000;

const DATE_LENGTH = "YYYY-MM-DD".length;
const LOCAL_LENGTH = "YYYY-MM-DDTHH:MM:SS.ffffff".length;
const ZERO = 48;
const COLON = 58;

/** Days since 1970-01-01, by the date as one number, `YYYYMMDD`. */
const days = new Map<number, number>();

/** Days since 1970-01-01, or undefined for text that is no date. */
export function dayOf(text: string): number | undefined {
  return text.length === DATE_LENGTH ? dayAtStart(text) : undefined;
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
  const isUsual =
    (text.length === LOCAL_LENGTH || (text.length === LOCAL_LENGTH + 1 && text[LOCAL_LENGTH] === "Z")) &&
    text[10] === "T" &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON &&
    text[19] === ".";
  if (!isUsual) return undefined;
  const hour = numberAt(text, 11, 13);
  const minute = numberAt(text, 14, 16);
  const second = numberAt(text, 17, 19);
  const micros = numberAt(text, 20, LOCAL_LENGTH);
  const day = dayAtStart(text);
  if (!(hour < 24 && minute < 60 && second < 60 && micros >= 0)) return undefined;
  if (day === undefined || Math.abs(day) > EXACT_DAYS) return undefined;
  return day * MICROS_PER_DAY + ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + micros;
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
