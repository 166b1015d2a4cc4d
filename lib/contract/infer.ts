/** Types read off values: for `discover`, for `init`, and for a writer that was given no contract. */
import { type Converter, compileConverter, Misfit } from "./convert.ts";
import { isNumberText } from "./json.ts";
import type { DataType } from "./types.ts";

/**
 * The narrowest type that holds every value of a column of JavaScript values; text stays text.
 * Undefined when there is no value to read it off, or when the values have no type in common.
 */
export function inferValueType(cells: Iterable<unknown>): DataType | undefined {
  let kind: DataType["kind"] | undefined;
  for (const cell of cells) {
    if (cell === null || cell === undefined) continue;
    const next = kindOfValue(cell);
    if (kind === undefined || kind === next) kind = next;
    else if (isNumber(kind) && isNumber(next)) kind = "double";
    else return undefined;
  }
  return kind && typeOfKind(kind);
}

function kindOfValue(value: unknown): DataType["kind"] {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "bigint":
      return "integer";
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? "integer" : "double";
    default:
      if (Array.isArray(value)) return "array";
      if (value instanceof Date) return "timestamp";
      if (value instanceof Uint8Array) return "binary";
      return isNumberText(value) ? "double" : "object";
  }
}

function isNumber(kind: DataType["kind"]): boolean {
  return kind === "integer" || kind === "double";
}

function typeOfKind(kind: DataType["kind"]): DataType {
  if (kind === "timestamp") return { kind, zoned: true };
  if (kind === "decimal") throw new RangeError("no JavaScript value is a decimal");
  return { kind };
}

/** Tried in this order; the first that every text of a column passes is its type. */
const CANDIDATES: readonly DataType[] = [
  { kind: "integer" },
  { kind: "double" },
  { kind: "boolean" },
  { kind: "date" },
  { kind: "timestamp", zoned: true },
  { kind: "timestamp", zoned: false },
  { kind: "time" },
];

const OFFSET = /(?:Z|z|[+-]\d{2}(?::?\d{2})?)$/;
const LEADING_ZERO = /^[+-]?0\d/;

/** The type of a column of text, narrowed as values arrive. */
export class TextInference {
  readonly #candidates: Map<DataType, Converter> = new Map(CANDIDATES.map((type) => [type, compileConverter(type)]));
  /** Values seen, nulls included. */
  count = 0;
  nulls = 0;

  add(cell: unknown): void {
    this.count++;
    if (cell === null || cell === undefined) {
      this.nulls++;
      return;
    }
    for (const [type, convert] of this.#candidates) {
      if (!fits(type, cell, convert)) this.#candidates.delete(type);
    }
  }

  /** `string` when nothing narrower holds every value, or when there was none. */
  get type(): DataType {
    const [first] = this.#candidates.keys();
    return first && this.nulls < this.count ? first : { kind: "string" };
  }
}

/**
 * A code such as 00501 is not the integer 501, `1` and `0` alone are integers before they are truth values, and text
 * with a time of day is no date, also at midnight.
 */
function fits(type: DataType, cell: unknown, convert: Converter): boolean {
  if (typeof cell === "string") {
    if (type.kind === "date" && cell.includes(":")) return false;
    if ((type.kind === "integer" || type.kind === "double") && LEADING_ZERO.test(cell)) return false;
    if (type.kind === "timestamp" && type.zoned !== OFFSET.test(cell.slice(10))) return false;
  }
  return !(convert(cell) instanceof Misfit);
}
