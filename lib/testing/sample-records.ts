import { AssetDefinition, type AssetField, type FieldSpec } from "../contract/asset.ts";
import type { Row } from "../contract/batch.ts";
import { compileConverter } from "../contract/convert.ts";
import type { DataType } from "../contract/types.ts";

/** Names and values that have broken writers before. */
export const HOSTILE_FIELDS: readonly FieldSpec[] = [
  { name: "id", type: "string", required: true, unique: true },
  { name: "__proto__", type: "string" },
  { name: "constructor", type: "string" },
  { name: "prototype", type: "string" },
  { name: "toString", type: "string" },
  { name: "hasOwnProperty", type: "string" },
  { name: 'with space, comma and "quote"', type: "string" },
  { name: "Ünïcödé 😀", type: "string" },
  { name: "n".repeat(200), type: "string" },
  { name: "big", type: "integer", integers: "bigint" },
];

export const HOSTILE_ASSET = new AssetDefinition({ name: "suite", schema: HOSTILE_FIELDS });

const HOSTILE_TEXTS: readonly (string | null)[] = [
  "plain",
  "",
  "two\nlines",
  "\r\n",
  'a "quoted" word',
  "comma, semicolon; tab\t",
  "nul\0 and \u0001",
  "=1+1",
  "Ünïcödé 😀 \u{10FFFF}",
  "\u202Eright to left, e\u0301",
  " spaces ",
  "null",
  null,
  "0012",
  "__proto__",
  "long ".repeat(4_000),
];

const TEXTS_OF: Readonly<Record<Exclude<DataType["kind"], "string" | "array" | "object">, readonly string[]>> = {
  integer: ["0", "-1", "2147483648", "9007199254740991"],
  double: ["0", "-0.5", "1e300", "0.1"],
  boolean: ["true", "false"],
  decimal: ["0", "1", "-1"],
  date: ["1970-01-01", "2024-02-29", "9999-12-31"],
  time: ["00:00:00", "23:59:59.999999"],
  timestamp: ["1970-01-01T00:00:00", "2024-02-29T23:59:59.999999"],
  binary: ["", "AAEC/w=="],
};

const BIG = ["-9223372036854775808", "9223372036854775807", "9007199254740993"];

/** Records that keep the types of a contract, and its rules where a value can be read off them. */
export function sampleRecords(asset: AssetDefinition): Row[] {
  const columns = asset.fields.map((field) => ({ field, cells: cellsOf(field) }));
  return HOSTILE_TEXTS.map((_, index) => {
    const row = Object.create(null) as Row;
    for (const { field, cells } of columns) row[field.name] = cells(index);
    return row;
  });
}

function cellsOf(field: AssetField): (index: number) => unknown {
  const isKey = field.unique === true || field.primaryKey === true;
  if (isKey && field.type.kind === "string") return (index) => `${index}`;
  if (isKey && field.type.kind === "integer") return (index) => inRows(field, index);
  const values = valuesOf(field);
  return (index) => values[index % values.length];
}

function valuesOf(field: AssetField): readonly unknown[] {
  const none = field.required || field.primaryKey ? [] : [null];
  const { minimum, maximum, type } = field;
  if (field.enum) return [...field.enum, ...none];
  const limit = minimum ?? maximum;
  if (limit !== undefined) return [inRows(field, compileConverter(type)(String(limit))), ...none];
  if (type.kind === "array") return [[], ...none];
  if (type.kind === "object") return [{}, ...none];
  if (type.kind !== "string") {
    const texts = type.kind === "integer" && field.integers === "bigint" ? BIG : TEXTS_OF[type.kind];
    return [...texts.map((text) => inRows(field, compileConverter(type)(text))), ...none];
  }
  if (field.pattern !== undefined || field.format !== undefined) return none.length > 0 ? none : ["text"];
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = field;
  const fits = HOSTILE_TEXTS.filter((text) =>
    text === null ? none.length > 0 : [...text].length >= minLength && [...text].length <= maxLength,
  );
  return fits.length > 0 ? fits : ["x".repeat(minLength)];
}

/** Where a contract asks for it, rows carry integers as bigint, all of a column. */
function inRows({ type, integers }: AssetField, value: unknown): unknown {
  return type.kind === "integer" && integers === "bigint" ? BigInt(value as number | bigint) : value;
}
