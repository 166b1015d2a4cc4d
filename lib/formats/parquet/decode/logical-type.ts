import type { ConvertedType, LogicalType, SchemaElement } from "hyparquet";

/** What old writers say in place of a logical type (LogicalTypes.md, "Compatibility"). Their timestamps are in UTC. */
const CONVERTED: Readonly<Partial<Record<ConvertedType, LogicalType>>> = {
  UTF8: { type: "STRING" },
  ENUM: { type: "ENUM" },
  JSON: { type: "JSON" },
  BSON: { type: "BSON" },
  LIST: { type: "LIST" },
  MAP: { type: "MAP" },
  MAP_KEY_VALUE: { type: "MAP" },
  DATE: { type: "DATE" },
  TIME_MILLIS: { type: "TIME", isAdjustedToUTC: true, unit: "MILLIS" },
  TIME_MICROS: { type: "TIME", isAdjustedToUTC: true, unit: "MICROS" },
  TIMESTAMP_MILLIS: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  TIMESTAMP_MICROS: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  INTERVAL: { type: "INTERVAL" },
  INT_8: { type: "INTEGER", bitWidth: 8, isSigned: true },
  INT_16: { type: "INTEGER", bitWidth: 16, isSigned: true },
  INT_32: { type: "INTEGER", bitWidth: 32, isSigned: true },
  INT_64: { type: "INTEGER", bitWidth: 64, isSigned: true },
  UINT_8: { type: "INTEGER", bitWidth: 8, isSigned: false },
  UINT_16: { type: "INTEGER", bitWidth: 16, isSigned: false },
  UINT_32: { type: "INTEGER", bitWidth: 32, isSigned: false },
  UINT_64: { type: "INTEGER", bitWidth: 64, isSigned: false },
};

/** The logical type of an element, said in the new way or the old. Undefined for a plain value. */
export function logicalTypeOf(element: SchemaElement): LogicalType | undefined {
  const { logical_type: logical, converted_type: converted, precision, scale } = element;
  // The library hands on an unknown kind as it found it, without a `type`.
  if (logical?.type !== undefined) return logical;
  if (converted === "DECIMAL") return { type: "DECIMAL", precision: precision ?? 0, scale: scale ?? 0 };
  return converted && CONVERTED[converted];
}
