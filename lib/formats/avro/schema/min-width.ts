import { AvroFault } from "../fault.ts";
import type { AvroType, RecordType } from "./avro-type.ts";

/**
 * Bytes that a value takes at least; 0 for one that can be there any number of times in no bytes at all.
 *
 * @throws AvroFault for a record that cannot end
 */
export function minWidthOf(type: AvroType, widths: Map<RecordType, number> = new Map()): number {
  switch (type.kind) {
    case "null":
      return 0;
    case "fixed":
      return type.size;
    case "float":
      return 4;
    case "double":
      return 8;
    case "record":
      return recordWidth(type, widths);
    default:
      return 1;
  }
}

function recordWidth(record: RecordType, widths: Map<RecordType, number>): number {
  const known = widths.get(record);
  if (known !== undefined) {
    if (known < 0) throw new AvroFault(`its record '${record.name}' holds itself, without an end`);
    return known;
  }
  widths.set(record, -1);
  let width = 0;
  // A record that is in two fields of another, and so on, is wider than any number.
  for (const { type } of record.fields) width = Math.min(width + minWidthOf(type, widths), Number.MAX_SAFE_INTEGER);
  widths.set(record, width);
  return width;
}
