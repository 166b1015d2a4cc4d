import type { Schema } from "../../../contract/schema.ts";
import type { DataType, Property } from "../../../contract/types.ts";
import { toAvroName, toAvroNames } from "./avro-name.ts";
import { NAME_PROPERTY, TYPE_PROPERTY } from "./avro-type.ts";

/** Around the names of all records, since a record must not be called `string`. */
const NAMESPACE = "dativo";

/** A schema as the JSON text that a file keeps. */
export function toAvroSchema({ fields }: Schema, name: string): string {
  return JSON.stringify(recordOf(fields, NAMESPACE, toAvroName(name)));
}

/** The place of a record is its namespace, so that no two have one name. */
function recordOf(members: readonly Property[], namespace: string, name: string): object {
  const names = toAvroNames(members.map((member) => member.name));
  return {
    type: "record",
    name,
    namespace,
    fields: members.map((member, i) => fieldOf(member, `${namespace}.${name}`, names[i] as string)),
  };
}

function fieldOf({ name, type, nullable }: Property, namespace: string, avroName: string): object {
  const given = typeOf(type, namespace, avroName);
  return {
    name: avroName,
    type: nullable ? ["null", given] : given,
    ...(nullable ? { default: null } : {}),
    ...(avroName === name ? {} : { [NAME_PROPERTY]: name }),
  };
}

/** `namespace` and `name` are for the record that the type is, or has inside. */
function typeOf(type: DataType, namespace: string, name: string): unknown {
  switch (type.kind) {
    case "string":
    case "double":
    case "boolean":
      return type.kind;
    case "integer":
      return "long";
    case "binary":
      return "bytes";
    case "date":
      return { type: "int", logicalType: "date" };
    case "time":
      return { type: "long", logicalType: "time-micros" };
    case "timestamp":
      return { type: "long", logicalType: type.zoned ? "timestamp-micros" : "local-timestamp-micros" };
    case "decimal":
      return { type: "bytes", logicalType: "decimal", precision: type.precision, scale: type.scale };
    case "array":
      if (!type.items) return { type: "string", [TYPE_PROPERTY]: "array" };
      return { type: "array", items: ["null", typeOf(type.items, namespace, name)] };
    case "object":
      if (!type.properties) return { type: "string", [TYPE_PROPERTY]: "object" };
      return recordOf(type.properties, namespace, name);
  }
}
