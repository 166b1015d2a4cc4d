import type { NonFinite } from "../../contract/json.ts";
import { stringifyJson, Unwritable } from "../../contract/json.ts";
import type { Field } from "../../contract/schema.ts";
import type { DataType, Property } from "../../contract/types.ts";

/** A cell as JSON text. @throws Unwritable for a cell that JSON has no text for. */
export type JsonWriter = (cell: unknown) => string;

export interface JsonStyle {
  /** As a JSON number with all its digits, or as text. */
  readonly decimals: "number" | "string";
  readonly non_finite: NonFinite;
}

/** How JSON spells half of a surrogate pair, which its readers reject; behind one more backslash it is mere text. */
const HALF_PAIR = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** A function from a cell of a field to its JSON text. */
export function compileJsonWriter(field: Field, style: JsonStyle): JsonWriter {
  return nullable(field.lexical ? anyWriter(style) : writerOf(field.type, style));
}

function anyWriter({ non_finite }: JsonStyle): JsonWriter {
  return (value) => {
    if (non_finite === "error" && typeof value === "number" && !Number.isFinite(value)) {
      throw new Unwritable(`is ${value}, which JSON has not; set non_finite to "null" or "string" to write it`);
    }
    const text = stringifyJson(value, non_finite);
    if (text.includes("\\ud") && HALF_PAIR.test(text)) {
      throw new Unwritable("holds half of a surrogate pair, which UTF-8 cannot spell");
    }
    return text;
  };
}

function writerOf(type: DataType, style: JsonStyle): JsonWriter {
  switch (type.kind) {
    case "decimal":
      return style.decimals === "string" ? anyWriter(style) : writeDecimal;
    case "array":
      return type.items ? arrayWriter(type.items, style) : anyWriter(style);
    case "object":
      return type.properties ? objectWriter(type.properties, style) : anyWriter(style);
    default:
      return anyWriter(style);
  }
}

function arrayWriter(items: DataType, style: JsonStyle): JsonWriter {
  const write = nullable(writerOf(items, style));
  const writeAny = anyWriter(style);
  return (cell) => (Array.isArray(cell) ? `[${cell.map(write).join(",")}]` : writeAny(cell));
}

function objectWriter(properties: readonly Property[], style: JsonStyle): JsonWriter {
  const members = properties.map(({ name, type }) => ({
    name,
    key: `${JSON.stringify(name)}:`,
    write: nullable(writerOf(type, style)),
  }));
  return (cell) => {
    const object = cell as Record<string, unknown>;
    const texts = members.map(({ name, key, write }) => key + write(Object.hasOwn(object, name) ? object[name] : null));
    return `{${texts.join(",")}}`;
  };
}

function nullable(write: JsonWriter): JsonWriter {
  return (cell) => (cell === null || cell === undefined ? "null" : write(cell));
}

/** The text of a decimal is a JSON number as it stands; that it is one is not taken on trust. */
function writeDecimal(cell: unknown): string {
  const text = String(cell);
  if (!DECIMAL.test(text)) throw new Unwritable("is not the text of a decimal");
  return text;
}
