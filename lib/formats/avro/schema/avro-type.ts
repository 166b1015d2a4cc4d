/** A schema of Avro as it is needed to read data: names resolved, documentation and defaults gone. */

export type AvroType = LeafType | ArrayType | MapType | RecordType | UnionType;

/** What has nothing inside. */
export interface LeafType {
  readonly kind: "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string" | "fixed" | "enum";
  /** One that fits the kind, as the specification says; any other is as if it were not there. */
  readonly logical?: LogicalType | undefined;
  /** Bytes of a fixed. */
  readonly size: number;
  /** Of an enum. */
  readonly symbols: readonly string[];
}

export type LogicalType =
  | { readonly name: TemporalName | "uuid" }
  | { readonly name: "decimal"; readonly precision: number; readonly scale: number }
  /** Ours: text that holds a free-form value. */
  | { readonly name: "json"; readonly of: "array" | "object" };

export type TemporalName =
  | "date"
  | "time-millis"
  | "time-micros"
  | `${"" | "local-"}timestamp-${"millis" | "micros" | "nanos"}`;

export interface ArrayType {
  readonly kind: "array";
  readonly items: AvroType;
}

export interface MapType {
  readonly kind: "map";
  readonly values: AvroType;
}

export interface RecordType {
  readonly kind: "record";
  readonly name: string;
  /** Filled after the record itself is made, since it may be inside itself. */
  readonly fields: RecordField[];
  /** Whether it is inside itself. */
  isRecursive: boolean;
}

export interface RecordField {
  /** The name before it was made one that Avro allows, where we did that. */
  readonly name: string;
  readonly type: AvroType;
}

export interface UnionType {
  readonly kind: "union";
  readonly branches: readonly AvroType[];
}

/** Properties of ours, which other readers pass over: the name that Avro does not allow, the type that it has not. */
export const NAME_PROPERTY = "dativo.name";
export const TYPE_PROPERTY = "dativo.type";
