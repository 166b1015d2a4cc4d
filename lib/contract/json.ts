/**
 * JSON without rounding. `JSON.parse` turns 9007199254740993 into …992; text that holds a number of 16 digits
 * or more therefore takes an exact path, which keeps integers as bigint and other long numbers as text.
 */
import { isLosslessNumber, LosslessNumber, parse, stringify } from "lossless-json";

/** A number whose digits a double cannot hold; `value` is its text. */
export { LosslessNumber as NumberText };

const LONG_NUMBER = /\d[\d.]{15}/;

/** Parses JSON; integers beyond 2^53 are bigint, other numbers that a double cannot hold are NumberText. @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return parse(text, undefined, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
}

/** Writes JSON, bigint and NumberText with all their digits. */
export function stringifyJson(value: unknown): string {
  return holdsLongNumber(value) ? (stringify(value) as string) : JSON.stringify(value);
}

export function isNumberText(value: unknown): value is LosslessNumber {
  return typeof value === "object" && isLosslessNumber(value);
}

function parseNumber(text: string): unknown {
  const value = Number(text);
  if (/^-?\d+$/.test(text))
    return Number.isSafeInteger(value) && text !== "-0" ? value : text === "-0" ? -0 : BigInt(text);
  return digitsOf(String(value)) === digitsOf(text) ? value : new LosslessNumber(text);
}

/** The significant digits and the decimal exponent, so that 1.50 and 15e-1 compare equal. */
function digitsOf(text: string): string {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().replace(/^-/, "").split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  const significant = digits.replace(/^0+/, "").replace(/0+$/, "");
  const trailing = digits.length - digits.replace(/0+$/, "").length;
  return significant === "" ? "0" : `${significant}e${Number(exponent) - fraction.length + trailing}`;
}

function holdsLongNumber(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null) return false;
  if (isLosslessNumber(value)) return true;
  return (Array.isArray(value) ? value : Object.values(value)).some(holdsLongNumber);
}
