/**
 * Dates, times and timestamps as text and as counts, exact over the years 0001 to 9999.
 *
 * Text forms follow ISO 8601 / RFC 3339 with the liberties that databases take: a space for the `T`, an
 * offset without colon, a missing seconds part. Anything finer than a microsecond is refused, never cut.
 */

const MICROS_PER_SECOND = 1_000_000;
export const MICROS_PER_DAY = 86_400_000_000;
const MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND;

/** A point on the proleptic Gregorian calendar: days since 1970-01-01 and microseconds into that day. */
export interface DayTime {
  readonly days: number;
  readonly micros: number;
}

/** Why a text is no date, time or timestamp. */
export type TemporalFault = "syntax" | "calendar" | "precision";

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[T t](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Numbers as text of two and of three digits: to look one up takes a fraction of making it. */
const TWO = paddedTo(2);
const THREE = paddedTo(3);

/** Days since 1970-01-01 of `YYYY-MM-DD`. */
export function parseDate(text: string): number | TemporalFault {
  const match = DATE.exec(text);
  if (!match) return "syntax";
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return "calendar";
  return daysFromCivil(year, month, day);
}

/** Microseconds since midnight of `HH:MM[:SS[.fraction]]`. */
export function parseTime(text: string): number | TemporalFault {
  const match = TIME.exec(text);
  if (!match) return "syntax";
  const hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return "calendar";
  const fraction = match[4] ?? "";
  if (fraction.length > 6 && /[1-9]/.test(fraction.slice(6))) return "precision";
  const micros = Number(fraction.slice(0, 6).padEnd(6, "0"));
  return (hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + micros;
}

/**
 * A date with an optional time and an optional offset. Text with an offset is brought to UTC; text without
 * one is taken as it stands (docs/decisions/timestamps.md).
 */
export function parseTimestamp(text: string): DayTime | TemporalFault {
  const match = TIMESTAMP.exec(text);
  if (!match) return "syntax";
  const days = parseDate(match[1] as string);
  if (typeof days === "string") return days;
  const micros = match[2] === undefined ? 0 : parseTime(match[2]);
  if (typeof micros === "string") return micros;
  const offset = parseOffset(match[3]);
  if (offset === undefined) return "calendar";
  if (offset === 0) return { days, micros };
  const utc = micros - offset * MICROS_PER_MINUTE;
  const carry = Math.floor(utc / MICROS_PER_DAY);
  const shifted = { days: days + carry, micros: utc - carry * MICROS_PER_DAY };
  return isInRange(shifted.days) ? shifted : "calendar";
}

/** Dates repeat; the text of so many is remembered before starting over (some hundred years). */
const REMEMBERED_DATES = 40_000;
const dates = new Map<number, string>();

/** `YYYY-MM-DD` of days since 1970-01-01. */
export function formatDate(days: number): string {
  const known = dates.get(days);
  if (known !== undefined) return known;
  const [year, month, day] = civilFromDays(days);
  const text = `${String(year).padStart(4, "0")}-${TWO[month]}-${TWO[day]}`;
  if (dates.size >= REMEMBERED_DATES) dates.clear();
  dates.set(days, text);
  return text;
}

/** `HH:MM:SS.ffffff` of microseconds since midnight. */
export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  const fraction = micros - seconds * MICROS_PER_SECOND;
  const millis = Math.floor(fraction / 1000);
  return `${TWO[Math.floor(seconds / 3600)]}:${TWO[Math.floor(seconds / 60) % 60]}:${TWO[seconds % 60]}.${THREE[millis]}${THREE[fraction - millis * 1000]}`;
}

/** `YYYY-MM-DDTHH:MM:SS.ffffff`, with a `Z` when zoned. */
export function formatTimestamp({ days, micros }: DayTime, zoned: boolean): string {
  return `${formatDate(days)}T${formatTime(micros)}${zoned ? "Z" : ""}`;
}

/** Microseconds since 1970-01-01T00:00:00. */
export function toEpochMicros({ days, micros }: DayTime): bigint {
  return BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(micros);
}

export function fromEpochMicros(value: bigint): DayTime {
  const perDay = BigInt(MICROS_PER_DAY);
  const floored = value >= 0n ? value / perDay : (value - perDay + 1n) / perDay;
  return { days: Number(floored), micros: Number(value - floored * perDay) };
}

const FIRST_DAY = daysFromCivil(1, 1, 1);
const LAST_DAY = daysFromCivil(9999, 12, 31);

/** Within the years 0001 to 9999, outside which the text forms end. */
export function isInRange(days: number): boolean {
  return days >= FIRST_DAY && days <= LAST_DAY;
}

/** Minutes east of UTC; undefined for an offset that no clock has. */
function parseOffset(text: string | undefined): number | undefined {
  if (text === undefined || text === "Z" || text === "z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2)) * (text.length > 3 ? 1 : 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (text[0] === "-" ? -1 : 1) * (hours * 60 + minutes);
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The inverse, civil_from_days of the same paper. */
function civilFromDays(days: number): [year: number, month: number, day: number] {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

function paddedTo(width: number): readonly string[] {
  return Array.from({ length: 10 ** width }, (_, value) => String(value).padStart(width, "0"));
}
