import { Unwritable } from "../../contract/json.ts";
import type { Field } from "../../contract/schema.ts";
import { compileJsonWriter, type JsonWriter } from "../text/json-writer.ts";
import { describeLacking, type TextEncoding } from "./text-encoding.ts";

/** A cell as the text of a CSV field, before quoting; null where there is no value. */
export type CellText = (cell: unknown) => string | null;

/** What a spreadsheet takes for the beginning of a formula, the full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/**
 * A function from a cell of a field to its text: numbers with all their digits, dates and times as ISO text, bytes as
 * base64, arrays and objects as JSON. `shield` is applied to text alone: a negative number is no formula.
 *
 * It throws Unwritable for text that the encoding cannot spell.
 */
export function compileCellText(field: Field, shield: (text: string) => string, encoding: TextEncoding): CellText {
  const writeJson = compileJsonWriter(field, { decimals: "number", non_finite: "string" });
  const isText = field.lexical || field.type.kind === "string";
  return (cell) => {
    if (cell === null || cell === undefined) return null;
    if (typeof cell === "string") return spelled(isText ? shield(cell) : cell, encoding);
    return typeof cell === "object" ? spelled(objectText(cell, writeJson), encoding) : scalarText(cell, writeJson);
  };
}

/** Puts an apostrophe before text that a spreadsheet would run. */
export function shieldFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function spelled(text: string, encoding: TextEncoding): string {
  const lacking = describeLacking(text, encoding);
  if (lacking !== undefined) throw new Unwritable(`holds ${lacking}`);
  return text;
}

/** Text within JSON stays JSON; what JSON would write as a string alone, such as a date, loses its quotes. */
function objectText(cell: object, writeJson: JsonWriter): string {
  const json = writeJson(cell);
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

function scalarText(cell: unknown, writeJson: JsonWriter): string {
  if (typeof cell === "number" && !Number.isFinite(cell)) return String(cell);
  return writeJson(cell);
}
