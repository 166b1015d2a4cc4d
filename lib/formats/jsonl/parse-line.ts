import { isNumberText, MAX_JSON_DEPTH, parseJson } from "../../contract/json.ts";
import type { Fault } from "../../contract/reject.ts";

/** The object of a line, or why it holds none. Numbers are exact, see `parseJson`. */
export function parseLine(text: string): Record<string, unknown> | Fault[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    // The parser's stack ends before the depth of a value is known.
    return error instanceof SyntaxError ? jsonFault(`is not JSON: ${error.message}`) : tooDeep();
  }
  if (!isObject(value)) return jsonFault(`is ${nameOf(value)}, not an object`);
  // Each level takes two characters at least.
  return text.length > 2 * MAX_JSON_DEPTH && isDeeper(value, MAX_JSON_DEPTH) ? tooDeep() : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isNumberText(value);
}

function isDeeper(value: object, levels: number): boolean {
  if (levels === 0) return true;
  for (const inner of Object.values(value)) {
    if (typeof inner === "object" && inner !== null && isDeeper(inner, levels - 1)) return true;
  }
  return false;
}

function tooDeep(): Fault[] {
  return jsonFault(`is nested deeper than ${MAX_JSON_DEPTH} levels`);
}

function jsonFault(reason: string): Fault[] {
  return [{ column: null, rule: "json", reason }];
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "string" ? "a text" : typeof value === "boolean" ? "a truth value" : "a number";
}
