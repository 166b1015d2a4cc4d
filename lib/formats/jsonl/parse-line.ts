import { isNumberText, MAX_JSON_DEPTH, parseJson } from "../../contract/json.ts";
import type { Fault } from "../../contract/reject.ts";
import { findRepeatedName } from "./member-count.ts";

/** An escape that may stand for half of a surrogate pair. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/**
 * The object of a line, or why it holds none. Numbers are exact, see `parseJson`.
 *
 * `countMembers` is asked for the members that the text has: the parser keeps the last of a name and drops the others
 * without a word, so an object with fewer has repeated one.
 */
export function parseLine(text: string, countMembers: () => number): Record<string, unknown> | Fault[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    // The parser's stack ends before the depth of a value is known.
    return error instanceof SyntaxError ? jsonFault(`is not JSON: ${error.message}`) : tooDeep();
  }
  if (!isObject(value)) return jsonFault(`is ${nameOf(value)}, not an object`);
  // Each level takes two characters at least.
  if (text.length > 2 * MAX_JSON_DEPTH && isDeeper(value, MAX_JSON_DEPTH)) return tooDeep();
  const members = countMembers();
  // Most objects hold no others.
  if (members !== Object.keys(value).length && members !== membersOf(value)) {
    return jsonFault(`names '${findRepeatedName(text)}' twice`);
  }
  return SURROGATE_ESCAPE.test(text) && !isWellFormed(value) ? HALF_PAIR : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isHolder(value) && !Array.isArray(value);
}

function isHolder(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isNumberText(value);
}

function isDeeper(value: object, levels: number): boolean {
  if (levels === 0) return true;
  for (const inner of Object.values(value)) {
    if (typeof inner === "object" && inner !== null && isDeeper(inner, levels - 1)) return true;
  }
  return false;
}

function membersOf(value: object): number {
  const inner = Object.values(value);
  let count = Array.isArray(value) ? 0 : inner.length;
  for (const each of inner) if (isHolder(each)) count += membersOf(each);
  return count;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return !isHolder(value) || Object.entries(value).every(([name, inner]) => name.isWellFormed() && isWellFormed(inner));
}

function tooDeep(): Fault[] {
  return jsonFault(`is nested deeper than ${MAX_JSON_DEPTH} levels`);
}

function jsonFault(reason: string): Fault[] {
  return [{ column: null, rule: "json", reason }];
}

const HALF_PAIR = jsonFault("holds half of a surrogate pair, which UTF-8 cannot spell");

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "string" ? "a text" : typeof value === "boolean" ? "a truth value" : "a number";
}
