/**
 * JSON without rounding. `JSON.parse` turns 9007199254740993 into …992; text that holds a number of 16 digits or
 * more, or a large exponent, therefore takes an exact path, which keeps integers as bigint and what no double holds as
 * its text.
 */
import { isLosslessNumber, LosslessNumber, parse } from "lossless-json";

/** A number that no double holds as it is written; `value` is its text. */
export { LosslessNumber as NumberText };

/** Digits and points in a row that a double need not hold. */
const LONG = 16;
/** Digits beyond which an integer is not worth converting: nothing here holds it, and converting is not linear. */
const MAX_INTEGER_DIGITS = 1000;
/** Of a number, which stands behind one of these: digests in text have such digits, too, and nothing of them is lost. */
const LARGE_EXPONENT = /(?:^|[:,[\s])-?\d[\d.]*[eE][+-]?\d{3}/;

/** Deeper values come from no honest source, and whoever walks them runs out of stack. */
export const MAX_JSON_DEPTH = 100;

/** What becomes of NaN and the infinities, which JSON has not. */
export type NonFinite = "error" | "null" | "string";

/** Why a value has no JSON text; the message goes on after the name of what holds it. */
export class Unwritable extends Error {}

/** Parses JSON; integers beyond 2^53 are bigint, other numbers that a double cannot hold are NumberText. @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (!hasLongNumber(text) && !LARGE_EXPONENT.test(text)) return JSON.parse(text);
  return parse(text, undefined, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
}

/**
 * JSON text of any value of JavaScript: numbers keep all their digits, bytes are base64, undefined is null.
 *
 * @throws Unwritable for functions and symbols, for NaN and the infinities where they are an error, for depth.
 */
export function stringifyJson(value: unknown, nonFinite: NonFinite = "error", depth = 0): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return numberText(value, nonFinite);
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : objectText(value, nonFinite, depth);
    default:
      throw new Unwritable(`is a ${typeof value}, which JSON has not`);
  }
}

export function isNumberText(value: unknown): value is LosslessNumber {
  return typeof value === "object" && isLosslessNumber(value);
}

function objectText(value: object, nonFinite: NonFinite, depth: number): string {
  if (isNumberText(value)) return value.value;
  if (value instanceof Uint8Array) return bytesText(value);
  if (depth === MAX_JSON_DEPTH) throw new Unwritable(`is nested deeper than ${MAX_JSON_DEPTH} levels, or holds itself`);
  const inner = (member: unknown): string => stringifyJson(member, nonFinite, depth + 1);
  if (Array.isArray(value)) return `[${value.map(inner).join(",")}]`;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return inner(toJSON.call(value));
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inner(member)}`).join(",")}}`;
}

function numberText(value: number, nonFinite: NonFinite): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "-0" : String(value);
  // The shortest text of a whole double beyond 2^53 has other digits than the number itself, and would be read as an
  // integer of those digits; with an exponent it is read as the double.
  if (Number.isFinite(value)) return Number.isInteger(value) ? value.toExponential() : String(value);
  if (nonFinite === "null") return "null";
  if (nonFinite === "string") return `"${value}"`;
  throw new Unwritable(`is ${value}, which JSON has not`);
}

function bytesText(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}"`;
}

/** Looks at every 16th character only: a run of 16 cannot miss them all. */
function hasLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigitOrPoint(text, at)) continue;
    let start = at;
    while (start > 0 && isDigitOrPoint(text, start - 1)) start--;
    let end = at + 1;
    while (end < text.length && isDigitOrPoint(text, end)) end++;
    if (end - start >= LONG) return true;
  }
  return false;
}

function isDigitOrPoint(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || code === 46;
}

function parseNumber(text: string): unknown {
  const value = Number(text);
  if (/^-?\d+$/.test(text)) {
    if (Number.isSafeInteger(value)) return value;
    return text.length > MAX_INTEGER_DIGITS ? new LosslessNumber(text) : BigInt(text);
  }
  return Number.isFinite(value) && digitsOf(String(value)) === digitsOf(text) ? value : new LosslessNumber(text);
}

/** The significant digits and the decimal exponent, so that 1.50 and 15e-1 compare equal. */
function digitsOf(text: string): string {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().replace(/^-/, "").split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  let start = 0;
  while (digits.charCodeAt(start) === 48) start++;
  let end = digits.length;
  while (end > start && digits.charCodeAt(end - 1) === 48) end--;
  if (start === end) return "0";
  return `${digits.slice(start, end)}e${Number(exponent) - fraction.length + (digits.length - end)}`;
}
