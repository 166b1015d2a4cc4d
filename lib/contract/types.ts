/**
 * The data types, their one spelling, and the other spellings that contracts use.
 *
 * `number`, `float` and `double` are one type (IEEE 754 binary64); `timestamp` counts microseconds;
 * `decimal(p,s)` is exact; `array` and `object` without a declared inside are free-form JSON.
 */
import { DativoError } from "./errors.ts";

export type DataType =
  | { readonly kind: "string" | "integer" | "double" | "boolean" | "date" | "time" | "binary" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "timestamp"; readonly zoned: boolean }
  | { readonly kind: "array"; readonly items?: DataType }
  | { readonly kind: "object"; readonly properties?: readonly Property[] };

/** One member of an `object` type. */
export interface Property {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

/** Precision and scale of a bare `decimal`: 29 digits before the point and 9 after it. */
const DEFAULT_DECIMAL = { precision: 38, scale: 9 } as const;
const MAX_PRECISION = 38;

const SPELLINGS: ReadonlyMap<string, DataType> = new Map<string, DataType>([
  ...spell({ kind: "string" }, "string", "text", "varchar", "char", "uuid"),
  ...spell({ kind: "integer" }, "integer", "int", "bigint", "long", "smallint", "int64", "int32"),
  ...spell({ kind: "double" }, "double", "number", "float", "real", "float64", "float32"),
  ...spell({ kind: "decimal", ...DEFAULT_DECIMAL }, "decimal", "numeric"),
  ...spell({ kind: "boolean" }, "boolean", "bool"),
  ...spell({ kind: "date" }, "date"),
  ...spell({ kind: "time" }, "time"),
  ...spell({ kind: "timestamp", zoned: false }, "timestamp", "datetime", "timestamp without time zone"),
  ...spell({ kind: "timestamp", zoned: true }, "timestamptz", "timestamp with time zone"),
  ...spell({ kind: "binary" }, "binary", "bytes", "bytea"),
  ...spell({ kind: "array" }, "array", "list"),
  ...spell({ kind: "object" }, "object", "struct", "json", "jsonb", "map"),
]);

/** Every spelling that {@link parseType} takes besides `decimal(p,s)` and `array<…>`. */
export const TYPE_SPELLINGS: readonly string[] = [...SPELLINGS.keys()];

/**
 * Reads a type as a contract spells it: `string`, `decimal(12,2)`, `array<integer>`, `timestamptz`.
 *
 * @throws DativoError DTV_ASSET_INVALID for a spelling that is no type.
 */
export function parseType(text: string): DataType {
  const spelling = text.trim().toLowerCase().replace(/\s+/g, " ");
  const known = SPELLINGS.get(spelling);
  if (known) return known;
  const decimal = /^(?:decimal|numeric) ?\( ?(\d+) ?(?:, ?(\d+) ?)?\)$/.exec(spelling);
  if (decimal) return decimalType(Number(decimal[1]), Number(decimal[2] ?? 0));
  const array = /^(?:array|list)<(.+)>$/.exec(spelling);
  if (array) return { kind: "array", items: parseType(array[1] as string) };
  const sized = /^(varchar|char|string) ?\( ?\d+ ?\)$/.exec(spelling);
  if (sized) return { kind: "string" };
  throw new DativoError("DTV_ASSET_INVALID", `'${text}' is not a type`, {
    hint: `The types are ${TYPE_SPELLINGS.join(", ")}, decimal(precision,scale) and array<type>.`,
    details: { type: text },
  });
}

/** A decimal type. @throws DativoError DTV_ASSET_INVALID outside 1 ≤ precision ≤ 38, 0 ≤ scale ≤ precision. */
export function decimalType(precision: number, scale: number): DataType {
  if (precision < 1 || precision > MAX_PRECISION || scale < 0 || scale > precision) {
    throw new DativoError("DTV_ASSET_INVALID", `decimal(${precision},${scale}) is out of range`, {
      hint: `Precision is 1 to ${MAX_PRECISION} digits, scale is 0 to the precision.`,
    });
  }
  return { kind: "decimal", precision, scale };
}

/** The one spelling of a type, such that `parseType(formatType(t))` is `t` for every type without declared members. */
export function formatType(type: DataType): string {
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "timestamp":
      return type.zoned ? "timestamptz" : "timestamp";
    case "array":
      return type.items ? `array<${formatType(type.items)}>` : "array";
    case "object":
      return type.properties
        ? `object{${type.properties.map((p) => `${p.name}: ${formatType(p.type)}${p.nullable ? "" : " not null"}`).join(", ")}}`
        : "object";
    default:
      return type.kind;
  }
}

/** Same type, down to the members of objects. */
export function isSameType(a: DataType, b: DataType): boolean {
  return formatType(a) === formatType(b);
}

function spell(type: DataType, ...names: string[]): [string, DataType][] {
  return names.map((name) => [name, type]);
}
