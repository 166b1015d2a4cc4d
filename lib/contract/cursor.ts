/**
 * The cursor of incremental reading: a field whose values tell new records from old. Its values are compared as what
 * they are, never as text: timestamps by the microsecond, integers and decimals to the last digit.
 */
import type { AssetDefinition } from "./asset.ts";
import { formatDecimal, parseDecimal } from "./decimal.ts";
import { microsOf } from "./iso-counts.ts";
import { didYouMean } from "./options.ts";
import { formatDate, formatTimestamp, fromEpochMicros, MICROS_PER_DAY, parseDate } from "./temporal.ts";
import type { DataType } from "./types.ts";

/** Strategies that need to be told which field orders the records. They do the same on files. */
const BY_CURSOR: readonly unknown[] = ["updated_at", "updated_after", "created"];

export function isByCursor(strategy: unknown): boolean {
  return BY_CURSOR.includes(strategy);
}

/** A value of a cursor as its column has it (see `Column`): `<` orders the values of one cursor. */
export type Ordinal = bigint | number | string;

/** The order of one type. */
export interface CursorOrder {
  parse(text: string): Ordinal;
  format(value: Ordinal): string;
  /** Of the types that count days; a day has 24 hours here. */
  readonly calendar?: Calendar;
}

export interface Calendar {
  /** The value that lies so many days before. */
  before(value: Ordinal, days: number): Ordinal;
  /** The day of a value, as text; of a timestamp with a zone, in UTC. */
  dayOf(value: Ordinal): string;
  /** How many days lie between two values, part of one counted as one. */
  daysBetween(from: Ordinal, to: Ordinal): number;
}

const PER_DAY = BigInt(MICROS_PER_DAY);

/** The order of a type; undefined for types that have none that goes on: a time of day begins anew every day. */
export function orderOf(type: DataType): CursorOrder | undefined {
  switch (type.kind) {
    case "string":
      return { parse: (text) => text, format: String };
    case "integer":
      return { parse: BigInt, format: String };
    case "double":
      return { parse: Number, format: String };
    case "decimal": {
      const { precision, scale } = type;
      const parse = (text: string): Ordinal => parseDecimal(text, precision, scale) as bigint;
      return { parse, format: (value) => formatDecimal(value as bigint, scale) };
    }
    case "date":
      return {
        parse: (text) => parseDate(text) as number,
        format: (value) => formatDate(value as number),
        calendar: DAYS,
      };
    case "timestamp": {
      const format = (value: Ordinal): string => formatTimestamp(fromEpochMicros(value as bigint), type.zoned);
      return { parse: (text) => microsOf(text) as bigint, format, calendar: MICROS };
    }
    default:
      return undefined;
  }
}

const DAYS: Calendar = {
  before: (value, days) => (value as number) - days,
  dayOf: (value) => formatDate(value as number),
  daysBetween: (from, to) => (to as number) - (from as number),
};

const MICROS: Calendar = {
  before: (value, days) => (value as bigint) - BigInt(days) * PER_DAY,
  dayOf: (value) => formatDate(fromEpochMicros(value as bigint).days),
  daysBetween: (from, to) => Number(((to as bigint) - (from as bigint) + PER_DAY - 1n) / PER_DAY),
};

/** What a job asks of a cursor. */
export interface CursorRequest {
  readonly strategy: string;
  readonly cursorField: string | undefined;
  readonly lookbackDays: number;
}

/** Why records that keep a contract cannot be told apart by a cursor, and which key asks for it; undefined where they can. */
export function cursorFault(
  { strategy, cursorField, lookbackDays }: CursorRequest,
  { name, fields }: AssetDefinition,
): { readonly key: "cursor_field" | "lookback_days"; readonly message: string } | undefined {
  if (cursorField === undefined) {
    return { key: "cursor_field", message: `Incremental strategy '${strategy}' requires 'cursor_field'.` };
  }
  const field = fields.find((each) => each.name === cursorField);
  if (!field) {
    const near = didYouMean(
      cursorField,
      fields.map((each) => each.name),
    );
    return { key: "cursor_field", message: `the contract ${name} has no field '${cursorField}'${near}` };
  }
  const { kind } = field.type;
  const order = orderOf(field.type);
  if (!order) {
    const why = kind === "time" ? "a time of day begins anew every day" : "which has no order";
    return { key: "cursor_field", message: `'${cursorField}' is of type ${kind}, ${why}; take ${ORDERED}` };
  }
  if (lookbackDays > 0 && !order.calendar) {
    const message = `'${cursorField}' is of type ${kind}, which does not count days; a look-back needs a timestamp or a date`;
    return { key: "lookback_days", message };
  }
  return undefined;
}

const ORDERED = "a timestamp, date, integer, decimal, number or string";
