import { isNumberText } from "../../lib/contract/json.ts";
import type { Literal, Operator } from "./parse-where.ts";

/** Why a cell cannot be compared; the message goes on after the name of the field. */
export class Incomparable extends Error {}

/** Compares a cell that has a value. @throws Incomparable for one of another kind than the literal */
export type CompareCell = (cell: unknown) => boolean;

/** A function that compares cells with a literal. Numbers are compared exactly, also those that are text or decimals. */
export function compareCell(operator: Operator, literal: Literal): CompareCell {
  const holds = HOLDS[operator];
  switch (literal.kind) {
    case "number":
      return compareNumber(literal.text, holds);
    case "text":
      return (cell) => holds(compareTexts(textOf(cell, literal.text), literal.text));
    default:
      return (cell) => holds(Number(booleanOf(cell)) - Number(literal.value));
  }
}

/** What the sign of a comparison means. */
const HOLDS: Readonly<Record<Operator, (order: number) => boolean>> = {
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function compareNumber(text: string, holds: (order: number) => boolean): CompareCell {
  const value = Number(text);
  const exact = decimalOf(text) as Decimal;
  const isShort = digitCount(text) <= SAFE_DIGITS;
  return (cell) => {
    // NaN is neither more, less nor equal; only `!=` holds.
    if (typeof cell === "number" && Number.isNaN(cell)) return holds(Number.NaN);
    if (typeof cell === "number" && (isShort || !Number.isFinite(cell))) return holds(cell - value);
    const found = typeof cell === "boolean" ? undefined : decimalOf(isNumberText(cell) ? cell.value : String(cell));
    if (!found) throw new Incomparable(`is no number, and is compared with ${text}`);
    return holds(compareDecimals(found, exact));
  };
}

/** Texts of so many digits are told apart as doubles as they are. */
const SAFE_DIGITS = 15;

function digitCount(text: string): number {
  return text.replace(/[eE].*$/, "").replace(/\D/g, "").length;
}

/** `digits` × 10^`exponent` */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const NUMBER = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?\s*$/;

function decimalOf(text: string): Decimal | undefined {
  const match = NUMBER.exec(text);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match ?? [];
  if (!match || whole + fraction === "") return undefined;
  const digits = BigInt(whole + fraction);
  return { digits: sign === "-" ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const difference = scaled(a, exponent) - scaled(b, exponent);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function scaled({ digits, exponent }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}

function textOf(cell: unknown, literal: string): string {
  if (typeof cell === "string") return cell;
  throw new Incomparable(`is no text, and is compared with '${literal}'`);
}

/** In the order of their UTF-16 units, which is that of time for dates and times. */
function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function booleanOf(cell: unknown): boolean {
  if (typeof cell === "boolean") return cell;
  if (cell === "true" || cell === "false") return cell === "true";
  throw new Incomparable("is neither true nor false, and is compared with one of them");
}
