import { isNumberText, stringifyJson } from "../../../contract/json.ts";

/** A free-form value as UTF-8 JSON; undefined for what JSON would change in silence (NaN, bytes, dates, functions). */
export function jsonText(cell: unknown): Buffer | undefined {
  return isJson(cell) ? Buffer.from(stringifyJson(cell)) : undefined;
}

function isJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || isNumberText(value) || isJsonContainer(value);
    default:
      return false;
  }
}

function isJsonContainer(value: object): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  // A member that is undefined is a member that is not there.
  return Object.values(value).every((member) => member === undefined || isJson(member));
}
