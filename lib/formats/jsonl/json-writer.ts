import { isNumberText } from "../../contract/json.ts";
import type { Field } from "../../contract/schema.ts";
import type { DataType, Property } from "../../contract/types.ts";
import type { JsonlEncodeOptions } from "./jsonl-options.ts";
import { MAX_DEPTH } from "./parse-line.ts";
import { Unwritable } from "./write-cells.ts";

/** A cell as JSON text. @throws Unwritable for a cell that JSON has no text for. */
export type JsonWriter = (cell: unknown) => string;

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** A function from a cell of a field to its JSON text. */
export function compileJsonWriter(field: Field, options: JsonlEncodeOptions): JsonWriter {
  const write = field.lexical ? anyWriter(options) : writerOf(field.type, options);
  return (cell) => (cell === null || cell === undefined ? "null" : write(cell));
}

/** A function from any value of JavaScript to JSON text: numbers keep all their digits, bytes are base64. */
export function anyWriter(options: JsonlEncodeOptions): JsonWriter {
  const write = (value: unknown, depth: number): string => {
    switch (typeof value) {
      case "string":
        return JSON.stringify(value);
      case "number":
        return writeNumber(value, options);
      case "bigint":
      case "boolean":
        return String(value);
      case "undefined":
        return "null";
      case "object":
        return value === null ? "null" : writeObject(value, depth);
      default:
        throw new Unwritable(`is a ${typeof value}, which JSON has not`);
    }
  };
  const writeObject = (value: object, depth: number): string => {
    if (isNumberText(value)) return value.value;
    if (value instanceof Uint8Array) return writeBytes(value);
    if (depth === MAX_DEPTH) throw new Unwritable(`is nested deeper than ${MAX_DEPTH} levels, or holds itself`);
    if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return write(toJSON.call(value), depth + 1);
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member, depth + 1)}`).join(",")}}`;
  };
  return (value) => write(value, 0);
}

function writerOf(type: DataType, options: JsonlEncodeOptions): JsonWriter {
  switch (type.kind) {
    case "decimal":
      return options.decimals === "string" ? anyWriter(options) : writeDecimal;
    case "array":
      return type.items ? arrayWriter(type.items, options) : anyWriter(options);
    case "object":
      return type.properties ? objectWriter(type.properties, options) : anyWriter(options);
    default:
      return anyWriter(options);
  }
}

function arrayWriter(items: DataType, options: JsonlEncodeOptions): JsonWriter {
  const write = nullable(writerOf(items, options));
  const writeAny = anyWriter(options);
  return (cell) => (Array.isArray(cell) ? `[${cell.map(write).join(",")}]` : writeAny(cell));
}

function objectWriter(properties: readonly Property[], options: JsonlEncodeOptions): JsonWriter {
  const members = properties.map(({ name, type }) => ({
    name,
    key: `${JSON.stringify(name)}:`,
    write: nullable(writerOf(type, options)),
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

function writeNumber(value: number, { non_finite }: JsonlEncodeOptions): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  if (non_finite === "null") return "null";
  if (non_finite === "string") return `"${value}"`;
  throw new Unwritable(`is ${value}, which JSON has not; set non_finite to "null" or "string" to write it`);
}

function writeBytes(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}"`;
}
