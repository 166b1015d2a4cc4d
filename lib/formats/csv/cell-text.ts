import { Unwritable } from "../../contract/json.ts";
import type { Field } from "../../contract/schema.ts";
import { compileJsonWriter, type JsonWriter } from "../text/json-writer.ts";

/** A cell as the text of a CSV field, before quoting; null where there is no value. */
export type CellText = (cell: unknown) => string | null;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a spreadsheet takes for the beginning of a formula, the full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/**
 * A function from a cell of a field to its text: numbers with all their digits, dates and times as ISO text, bytes as
 * base64, arrays and objects as JSON. `shield` is applied to text alone: a negative number is no formula.
 *
 * It throws Unwritable for text that UTF-8 cannot spell.
 */
export function compileCellText(field: Field, shield: (text: string) => string): CellText {
  const writeJson = compileJsonWriter(field, { decimals: "number", non_finite: "string" });
  const isText = field.lexical || field.type.kind === "string";
  return (cell) => {
    if (cell === null || cell === undefined) return null;
    if (typeof cell === "string") return isText ? shield(wellFormed(cell)) : wellFormed(cell);
    return typeof cell === "object" ? objectText(cell, writeJson) : scalarText(cell, writeJson);
  };
}

/** Puts an apostrophe before text that a spreadsheet would run. */
export function shieldFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function wellFormed(text: string): string {
  if (LONE_SURROGATE.test(text)) throw new Unwritable("holds half of a surrogate pair, which UTF-8 cannot spell");
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
