/** A schema as it is written: contract types in the storage that `arrow-field.ts` calls plain. */
import type { Builder, Offset } from "flatbuffers";
import type { Field } from "../../../contract/schema.ts";
import type { DataType, Property } from "../../../contract/types.ts";
import { membersOf } from "../arrow-field.ts";
import { formatOf } from "../arrow-type.ts";
import { formatMarks } from "./field-marks.ts";

type Texts = Readonly<Record<string, string>>;

/** A field and what is inside of it. */
export interface WireField extends Property {
  readonly metadata: Texts;
  readonly children: readonly WireField[];
}

/** A field of a schema whose values travel as a type. */
export function wireField(field: Field, carrier: DataType): WireField {
  return innerField({ name: field.name, nullable: field.nullable, type: carrier }, field);
}

function innerField({ name, type, nullable }: Property, field?: Field): WireField {
  const isJson = formatOf(type) === undefined;
  const children = isJson ? [] : membersOf(type).map((member) => innerField(member));
  return { name, type, nullable, metadata: formatMarks(type, isJson, field), children };
}

export function addSchema(builder: Builder, fields: readonly WireField[], metadata: Texts): Offset {
  const columns = offsets(
    builder,
    fields.map((field) => addField(builder, field)),
  );
  const pairs = addMetadata(builder, metadata);
  builder.startObject(4);
  builder.addFieldOffset(1, columns, 0);
  builder.addFieldOffset(2, pairs, 0);
  return builder.endObject();
}

/** Zero where there is none. */
export function addMetadata(builder: Builder, metadata: Texts): Offset {
  const pairs = Object.entries(metadata).map(([key, value]) => {
    const [keyAt, valueAt] = [builder.createString(key), builder.createString(value)];
    builder.startObject(2);
    builder.addFieldOffset(0, keyAt, 0);
    builder.addFieldOffset(1, valueAt, 0);
    return builder.endObject();
  });
  return pairs.length === 0 ? 0 : offsets(builder, pairs);
}

function addField(builder: Builder, { name, nullable, type, metadata, children }: WireField): Offset {
  const inside = offsets(
    builder,
    children.map((child) => addField(builder, child)),
  );
  const pairs = addMetadata(builder, metadata);
  const nameAt = builder.createString(name);
  const typeAt = addType(builder, type);
  builder.startObject(7);
  builder.addFieldOffset(0, nameAt, 0);
  builder.addFieldInt8(1, nullable ? 1 : 0, 0);
  builder.addFieldInt8(2, numberOf(type), 0);
  builder.addFieldOffset(3, typeAt, 0);
  builder.addFieldOffset(5, inside, 0);
  builder.addFieldOffset(6, pairs, 0);
  return builder.endObject();
}

/** In the union `Type`. */
function numberOf(type: DataType): number {
  return formatOf(type) === undefined ? NUMBERS.string : NUMBERS[type.kind];
}

const NUMBERS = {
  integer: 2,
  double: 3,
  binary: 4,
  string: 5,
  boolean: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  array: 12,
  object: 13,
} as const satisfies Record<DataType["kind"], number>;

const MICROSECOND = 2;
const DOUBLE = 2;

function addType(builder: Builder, type: DataType): Offset {
  const zone = type.kind === "timestamp" && type.zoned ? builder.createString("UTC") : 0;
  builder.startObject(3);
  switch (type.kind) {
    case "integer":
      builder.addFieldInt32(0, 64, 0);
      builder.addFieldInt8(1, 1, 0);
      break;
    case "double":
      builder.addFieldInt16(0, DOUBLE, 0);
      break;
    case "decimal":
      builder.addFieldInt32(0, type.precision, 0);
      builder.addFieldInt32(1, type.scale, 0);
      break;
    case "date":
      // Days; without a word it would be milliseconds.
      builder.addFieldInt16(0, 0, 1);
      break;
    case "time":
      builder.addFieldInt16(0, MICROSECOND, 1);
      builder.addFieldInt32(1, 64, 32);
      break;
    case "timestamp":
      builder.addFieldInt16(0, MICROSECOND, 0);
      builder.addFieldOffset(1, zone, 0);
      break;
    default:
  }
  return builder.endObject();
}

function offsets(builder: Builder, of: readonly Offset[]): Offset {
  builder.startVector(4, of.length, 4);
  for (const offset of [...of].reverse()) builder.addOffset(offset);
  return builder.endVector();
}
