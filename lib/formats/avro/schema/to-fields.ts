import type { Field } from "../../../contract/schema.ts";
import { type DataType, isSameType, type Property } from "../../../contract/types.ts";
import { AvroFault } from "../fault.ts";
import type { AvroType, LeafType, LogicalType, RecordType, UnionType } from "./avro-type.ts";
import { minWidthOf } from "./min-width.ts";

/** Records inside records, each in two fields of the next, unfold without limit. */
const MAX_UNFOLDED = 10_000;

interface Shape {
  readonly type: DataType;
  readonly nullable: boolean;
}

/** The fields of the records of a file. @throws AvroFault where they are no records, or hold nothing */
export function toFields(root: AvroType): Field[] {
  if (root.kind !== "record") {
    throw new AvroFault(`its values are of type ${root.kind} and not records`, {
      hint: "Only files of records are read: a column has to have a name. Write the file again with a record around the value.",
    });
  }
  if (minWidthOf(root) === 0) {
    throw new AvroFault(`its records hold nothing: no field of '${root.name}' has values other than null`);
  }
  const unfolding = new Unfolding();
  return root.fields.map(({ name, type }) => ({ name, ...unfolding.shapeOf(type) }));
}

class Unfolding {
  #count = 0;

  shapeOf(type: AvroType): Shape {
    if (type.kind === "null") return { type: { kind: "string" }, nullable: true };
    return type.kind === "union" ? this.#ofUnion(type) : { type: this.#typeOf(type), nullable: false };
  }

  #typeOf(type: Exclude<AvroType, UnionType>): DataType {
    if (++this.#count > MAX_UNFOLDED) {
      throw new AvroFault(`its records have more than ${MAX_UNFOLDED} members, one inside the other`);
    }
    switch (type.kind) {
      case "array":
        return { kind: "array", items: this.shapeOf(type.items).type };
      case "map":
        return { kind: "array", items: { kind: "object", properties: this.#entryOf(type.values) } };
      case "record":
        return type.isRecursive ? { kind: "object" } : { kind: "object", properties: this.#membersOf(type) };
      default:
        return leafTypeOf(type);
    }
  }

  /** Branches of one type are that type; of others, a value is what it is. */
  #ofUnion({ branches }: UnionType): Shape {
    const nullable = branches.some(({ kind }) => kind === "null");
    const [first, ...others] = branches
      .filter(({ kind }) => kind !== "null")
      .map((branch) => this.shapeOf(branch).type);
    if (first === undefined) return { type: { kind: "string" }, nullable };
    return { type: others.every((other) => isSameType(first, other)) ? first : { kind: "object" }, nullable };
  }

  #membersOf({ fields }: RecordType): Property[] {
    return fields.map(({ name, type }) => ({ name, ...this.shapeOf(type) }));
  }

  #entryOf(values: AvroType): Property[] {
    return [
      { name: "key", type: { kind: "string" }, nullable: false },
      { name: "value", ...this.shapeOf(values) },
    ];
  }
}

function leafTypeOf({ kind, logical }: LeafType): DataType {
  if (logical) return logicalTypeOf(logical);
  switch (kind) {
    case "int":
    case "long":
      return { kind: "integer" };
    case "float":
    case "double":
      return { kind: "double" };
    case "boolean":
      return { kind: "boolean" };
    case "bytes":
    case "fixed":
      return { kind: "binary" };
    default:
      return { kind: "string" };
  }
}

function logicalTypeOf(logical: LogicalType): DataType {
  switch (logical.name) {
    case "decimal":
      return { kind: "decimal", precision: logical.precision, scale: logical.scale };
    case "json":
      return { kind: logical.of };
    case "uuid":
      return { kind: "string" };
    case "date":
      return { kind: "date" };
    case "time-millis":
    case "time-micros":
      return { kind: "time" };
    default:
      return { kind: "timestamp", zoned: !logical.name.startsWith("local-") };
  }
}
