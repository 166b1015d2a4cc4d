/** Byte arrays of Parquet as cells: text, JSON, UUID, binary. */
import { isUtf8 } from "node:buffer";
import { parseJson } from "../../../contract/json.ts";
import { Unfit } from "./unfit.ts";

const NOT_UTF8 = new Unfit("is not UTF-8 text");
const NOT_JSON = new Unfit("is not JSON");
const JSON_NULL = new Unfit("is a JSON null in a column without nulls");

const REPLACEMENT = "\ufffd";

export function textCell(bytes: Buffer, start: number, end: number): string | Unfit {
  const text = bytes.toString("utf8", start, end);
  // Wrong bytes turn into U+FFFD without a word; only text that has one needs the check.
  return text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(start, end)) ? NOT_UTF8 : text;
}

/** A free-form value, as `parseJson` gives it. */
export function jsonCell(bytes: Buffer, start: number, end: number): unknown {
  const text = textCell(bytes, start, end);
  if (typeof text !== "string") return text;
  try {
    return parseJson(text);
  } catch {
    return NOT_JSON;
  }
}

export function requiredJsonCell(bytes: Buffer, start: number, end: number): unknown {
  return jsonCell(bytes, start, end) ?? JSON_NULL;
}

/** A copy: a view would keep the whole page alive. */
export function binaryCell(bytes: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

/** RFC 9562 text of sixteen bytes. */
export function uuidCell(bytes: Buffer, start: number): string {
  const hex = bytes.toString("hex", start, start + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
