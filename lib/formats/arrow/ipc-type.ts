import {
  binary,
  bool,
  dateDay,
  decimal128,
  field,
  float64,
  type DataType as IpcType,
  int64,
  list,
  struct,
  TimeUnit,
  timeMicrosecond,
  timestamp,
  utf8,
} from "@uwdata/flechette";
import type { DataType, Property } from "../../contract/types.ts";
import { membersOf } from "./arrow-field.ts";
import { formatOf } from "./arrow-type.ts";

/** A type as it is named in a message, stored as we store it; what has no declared inside is JSON text. */
export function ipcTypeOf(type: DataType): IpcType {
  if (formatOf(type) === undefined) return utf8();
  switch (type.kind) {
    case "string":
      return utf8();
    case "integer":
      return int64();
    case "double":
      return float64();
    case "boolean":
      return bool();
    case "binary":
      return binary();
    case "date":
      return dateDay();
    case "time":
      return timeMicrosecond();
    case "timestamp":
      return timestamp(TimeUnit.MICROSECOND, type.zoned ? "UTC" : null);
    case "decimal":
      return decimal128(type.precision, type.scale);
    case "array":
      return list(ipcField(membersOf(type)[0] as Property));
    case "object":
      return struct(membersOf(type).map(ipcField));
  }
}

export function ipcField({ name, type, nullable }: Property): ReturnType<typeof field> {
  return field(name, ipcTypeOf(type), nullable);
}
