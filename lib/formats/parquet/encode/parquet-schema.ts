/** A schema as the flat list of elements that Parquet keeps (LogicalTypes.md). */
import type { SchemaElement } from "hyparquet";
import type { Schema } from "../../../contract/schema.ts";
import type { DataType } from "../../../contract/types.ts";
import { decimalBytes, INT64_PRECISION, isWideDecimal } from "./wide-decimal.ts";

/** Digits that always fit into 32 bits. */
const INT32_PRECISION = 9;

/** The root first, then every column with what is inside it. */
export function toSchemaElements(schema: Schema): SchemaElement[] {
  const columns = schema.fields.flatMap((field) => elementsOf(field.name, field.type, field.nullable));
  return [rootOf(schema), ...columns];
}

/**
 * The same as the library is to see it while it writes. Without their logical type it takes JSON and wide decimals
 * for the bytes that we make of them; it would parse and print JSON anew, and is slow with wide decimals.
 */
export function toRawElements(schema: Schema): SchemaElement[] {
  const columns = schema.fields.flatMap(({ name, type, nullable }) => {
    const isRaw = isWideDecimal(type);
    const elements = elementsOf(name, type, nullable);
    return elements.map((element) => (isRaw || element.converted_type === "JSON" ? withoutLogic(element) : element));
  });
  return [rootOf(schema), ...columns];
}

function rootOf(schema: Schema): SchemaElement {
  return { name: "schema", num_children: schema.fields.length };
}

function withoutLogic(element: SchemaElement): SchemaElement {
  const { converted_type: _, logical_type: __, precision: ___, scale: ____, ...physical } = element;
  return physical;
}

function elementsOf(name: string, type: DataType, nullable: boolean): SchemaElement[] {
  const base = { name, repetition_type: nullable ? "OPTIONAL" : "REQUIRED" } as const;
  switch (type.kind) {
    case "string":
      return [{ ...base, type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } }];
    case "integer":
      return [{ ...base, type: "INT64" }];
    case "double":
      return [{ ...base, type: "DOUBLE" }];
    case "boolean":
      return [{ ...base, type: "BOOLEAN" }];
    case "binary":
      return [{ ...base, type: "BYTE_ARRAY" }];
    case "date":
      return [{ ...base, type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } }];
    case "time":
      return [{ ...base, type: "INT64", logical_type: { type: "TIME", isAdjustedToUTC: false, unit: "MICROS" } }];
    case "timestamp":
      return [{ ...base, type: "INT64", ...timestampOf(type.zoned) }];
    case "decimal":
      return [{ ...base, ...decimalOf(type.precision, type.scale) }];
    case "array":
      return type.items ? [...listOf(base, type.items)] : [{ ...base, ...JSON_TEXT }];
    case "object":
      if (!type.properties) return [{ ...base, ...JSON_TEXT }];
      return [
        { ...base, num_children: type.properties.length },
        ...type.properties.flatMap((member) => elementsOf(member.name, member.type, member.nullable)),
      ];
  }
}

const JSON_TEXT = { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } } as const;

/** Old readers take TIMESTAMP_MICROS for UTC, so a timestamp without zone is said in the new way only. */
function timestampOf(zoned: boolean): Partial<SchemaElement> {
  return {
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: zoned, unit: "MICROS" },
    ...(zoned ? { converted_type: "TIMESTAMP_MICROS" } : {}),
  };
}

function decimalOf(precision: number, scale: number): Partial<SchemaElement> {
  const logical = {
    converted_type: "DECIMAL",
    precision,
    scale,
    logical_type: { type: "DECIMAL", precision, scale },
  } as const;
  if (precision <= INT64_PRECISION) return { type: precision <= INT32_PRECISION ? "INT32" : "INT64", ...logical };
  return { type: "FIXED_LEN_BYTE_ARRAY", type_length: decimalBytes(precision), ...logical };
}

/** The three levels of LogicalTypes.md, "Lists"; elements may be null. */
function listOf(base: Pick<SchemaElement, "name" | "repetition_type">, items: DataType): SchemaElement[] {
  return [
    { ...base, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    ...elementsOf("element", items, true),
  ];
}
