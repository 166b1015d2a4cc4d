/**
 * Any value → a cell of a type: the one place where text becomes typed.
 *
 * A cell is what a row shows: string, number, boolean, ISO text, decimal text, Uint8Array, array, object; an
 * integer is a number, or a bigint beyond 2^53. What does not fit exactly is a {@link Misfit}, never a guess.
 * `test/vectors/text-to-type.json` is the table that every implementation is run against.
 */
import { formatDecimal, parseDecimal } from "./decimal.ts";
import { dayOf } from "./iso-counts.ts";
import { isNumberText, parseJson } from "./json.ts";
import {
  formatDate,
  formatTime,
  formatTimestamp,
  MICROS_PER_DAY,
  parseDate,
  parseTime,
  parseTimestamp,
  type TemporalFault,
} from "./temporal.ts";
import { type DataType, formatType, type Property } from "./types.ts";

export type MisfitCode = "syntax" | "kind" | "range" | "scale" | "precision" | "calendar" | "time_of_day" | "unsafe";

/** Why a value is none of a type. One frozen object per reason, so that a column of them costs nothing. */
export class Misfit {
  readonly code: MisfitCode;
  constructor(code: MisfitCode) {
    this.code = code;
  }
}

const MISFITS: Readonly<Record<MisfitCode, Misfit>> = {
  syntax: new Misfit("syntax"),
  kind: new Misfit("kind"),
  range: new Misfit("range"),
  scale: new Misfit("scale"),
  precision: new Misfit("precision"),
  calendar: new Misfit("calendar"),
  time_of_day: new Misfit("time_of_day"),
  unsafe: new Misfit("unsafe"),
};

export type Converter = (value: unknown) => unknown | Misfit;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const INTEGER = /^[+-]?\d+$/;
const DOUBLE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const DOUBLE_WORD = /^([+-]?)(nan|inf|infinity)$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "t", "yes", "y", "on", "1"].map((word): [string, boolean] => [word, true]),
  ...["false", "f", "no", "n", "off", "0"].map((word): [string, boolean] => [word, false]),
]);

/** A function from any non-null value to a cell of `type`, or to the reason why there is none. */
export function compileConverter(type: DataType): Converter {
  switch (type.kind) {
    case "string":
      return toText;
    case "integer":
      return toInteger;
    case "double":
      return toDouble;
    case "boolean":
      return toBoolean;
    case "decimal":
      return (value) => toDecimal(value, type.precision, type.scale);
    case "date":
      return toDate;
    case "time":
      return toTime;
    case "timestamp":
      return (value) => toTimestamp(value, type.zoned);
    case "binary":
      return toBinary;
    case "array":
      return compileArray(type.items);
    case "object":
      return compileObject(type.properties);
  }
}

/** One sentence for a misfit: `"12x" is not an integer`. */
export function describeMisfit(misfit: Misfit, value: unknown, type: DataType): string {
  const shown = showValue(value);
  switch (misfit.code) {
    case "syntax":
      return `${shown} is not ${withArticle(formatType(type))}`;
    case "kind":
      return `${shown}, which is ${kindOf(value)}, is not ${withArticle(formatType(type))}`;
    case "range":
      return `${shown} does not fit ${type.kind === "integer" ? "a 64-bit integer" : withArticle(formatType(type))}`;
    case "scale":
      return `${shown} has more digits after the point than ${formatType(type)} holds`;
    case "precision":
      return `${shown} is finer than a microsecond`;
    case "calendar":
      return `${shown} is not on the calendar or the clock`;
    case "time_of_day":
      return `${shown} has a time of day, which a date does not hold`;
    case "unsafe":
      return `${shown} is beyond 2^53, where a JavaScript number may have lost digits; give a bigint or text`;
  }
}

/** A value as an error message shows it: quoted, on one line, at most 60 characters. */
export function showValue(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : (textOf(value) ?? kindOf(value));
  const points = [...text.slice(0, 200)];
  return points.length > 60 ? `${points.slice(0, 57).join("")}…` : text;
}

function toText(value: unknown): unknown {
  return typeof value === "string" ? value : (textOf(value) ?? MISFITS.kind);
}

function toInteger(value: unknown): unknown {
  if (typeof value === "string") {
    const text = trim(value);
    if (!INTEGER.test(text)) return MISFITS.syntax;
    if (text.length <= 15) return Number(text) + 0;
    return fitInt64(BigInt(text[0] === "+" ? text.slice(1) : text));
  }
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return value + 0;
    return Number.isInteger(value) ? MISFITS.unsafe : MISFITS.syntax;
  }
  if (typeof value === "bigint") return fitInt64(value);
  return isNumberText(value) ? toInteger(value.value) : MISFITS.kind;
}

function fitInt64(value: bigint): unknown {
  if (value < MIN_INT64 || value > MAX_INT64) return MISFITS.range;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function toDouble(value: unknown): unknown {
  if (typeof value === "string") {
    const text = trim(value);
    if (DOUBLE.test(text)) {
      const number = Number(text);
      return Number.isFinite(number) ? number : MISFITS.range;
    }
    const word = DOUBLE_WORD.exec(text);
    if (!word) return MISFITS.syntax;
    if (word[2]?.toLowerCase() === "nan") return Number.NaN;
    return word[1] === "-" ? -Infinity : Infinity;
  }
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return isDouble(value) ? Number(value) : MISFITS.unsafe;
  return isNumberText(value) ? toDouble(value.value) : MISFITS.kind;
}

/** Exactly a double, or the shortest digits of one: what JSON.stringify prints of a large double. */
function isDouble(value: bigint): boolean {
  const number = Number(value);
  return Number.isFinite(number) && (BigInt(number) === value || String(number) === String(value));
}

function toBoolean(value: unknown): unknown {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return BOOLEANS.get(trim(value).toLowerCase()) ?? MISFITS.syntax;
  if (value === 0 || value === 1 || value === 0n || value === 1n) return Number(value) === 1;
  return typeof value === "number" || typeof value === "bigint" ? MISFITS.syntax : MISFITS.kind;
}

function toDecimal(value: unknown, precision: number, scale: number): unknown {
  const text = typeof value === "string" ? trim(value) : isNumeric(value) ? textOf(value) : undefined;
  if (text === undefined) return MISFITS.kind;
  const unscaled = parseDecimal(text, precision, scale);
  return typeof unscaled === "bigint" ? formatDecimal(unscaled, scale) : MISFITS[unscaled];
}

function toDate(value: unknown): unknown {
  if (value instanceof Date)
    return fromDate(value, (day) => (day.micros === 0 ? formatDate(day.days) : MISFITS.time_of_day));
  if (typeof value !== "string") return MISFITS.kind;
  const text = trim(value);
  if (dayOf(text) !== undefined) return text;
  const days = parseDate(text);
  if (typeof days === "number") return text;
  if (days === "calendar") return MISFITS.calendar;
  const stamp = parseTimestamp(text);
  if (typeof stamp === "string") return temporalMisfit(stamp);
  return stamp.micros === 0 ? formatDate(stamp.days) : MISFITS.time_of_day;
}

function toTime(value: unknown): unknown {
  if (typeof value !== "string") return MISFITS.kind;
  const micros = parseTime(trim(value));
  return typeof micros === "number" ? formatTime(micros) : temporalMisfit(micros);
}

function toTimestamp(value: unknown, zoned: boolean): unknown {
  if (value instanceof Date) return fromDate(value, (stamp) => formatTimestamp(stamp, zoned));
  if (typeof value !== "string") return MISFITS.kind;
  const stamp = parseTimestamp(trim(value));
  return typeof stamp === "string" ? temporalMisfit(stamp) : formatTimestamp(stamp, zoned);
}

function fromDate(value: Date, format: (stamp: { days: number; micros: number }) => unknown): unknown {
  const micros = value.getTime() * 1000;
  if (Number.isNaN(micros)) return MISFITS.syntax;
  const days = Math.floor(micros / MICROS_PER_DAY);
  return format({ days, micros: micros - days * MICROS_PER_DAY });
}

function temporalMisfit(fault: TemporalFault): Misfit {
  return MISFITS[fault];
}

function toBinary(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") return MISFITS.kind;
  const text = trim(value);
  return BASE64.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : MISFITS.syntax;
}

function compileArray(items: DataType | undefined): Converter {
  const convert = items && compileConverter(items);
  return (value) => {
    const array = typeof value === "string" ? parseOrUndefined(value) : value;
    if (!Array.isArray(array)) return typeof value === "string" ? MISFITS.syntax : MISFITS.kind;
    if (!convert) return array;
    const cells = array.map((item) => (item === null || item === undefined ? null : convert(item)));
    return cells.find((cell) => cell instanceof Misfit) ?? cells;
  };
}

function compileObject(properties: readonly Property[] | undefined): Converter {
  const members = properties?.map((property) => ({ ...property, convert: compileConverter(property.type) }));
  return (value) => {
    const object = typeof value === "string" ? parseOrUndefined(value) : value;
    if (!isObject(object)) return typeof value === "string" ? MISFITS.syntax : MISFITS.kind;
    if (!members) return object;
    const cell: Record<string, unknown> = Object.create(null);
    for (const { name, nullable, convert } of members) {
      const given = Object.hasOwn(object, name) ? object[name] : null;
      const made = given === null || given === undefined ? null : convert(given);
      if (made instanceof Misfit) return made;
      if (made === null && !nullable) return MISFITS.syntax;
      cell[name] = made;
    }
    return cell;
  };
}

function parseOrUndefined(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date) &&
    !isNumberText(value)
  );
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || isNumberText(value);
}

/** The text of a scalar; undefined for what has no one spelling. */
function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      if (isNumberText(value)) return value.value;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
      return undefined;
    default:
      return undefined;
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value === null) return "null";
  return withArticle(typeof value);
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

/** Without ASCII white space at both ends; other white space is content. */
function trim(text: string): string {
  if (text.charCodeAt(0) > 32 && text.charCodeAt(text.length - 1) > 32) return text;
  return text.replace(/^[\t\n\v\f\r ]+|[\t\n\v\f\r ]+$/g, "");
}
