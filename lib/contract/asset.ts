import type { Row } from "./batch.ts";
import { DativoError } from "./errors.ts";
import { type Field, Schema } from "./schema.ts";
import { sha256 } from "./sha256.ts";
import { type DataType, type Property, parseType } from "./types.ts";

/** One field of a contract as a program writes it. A YAML asset has the same keys in snake_case. */
export interface FieldSpec {
  readonly name: string;
  /** See `parseType`: `string`, `integer`, `decimal(12,2)`, `timestamptz`, `array<string>` … */
  readonly type: string;
  /** True when a record without a value is wrong. */
  readonly required?: boolean | undefined;
  readonly unique?: boolean | undefined;
  /** Part of the primary key: required, and unique together with the other parts. */
  readonly primaryKey?: boolean | undefined;
  readonly enum?: readonly (string | number | boolean)[] | undefined;
  /** RE2 syntax, found anywhere in the text unless anchored. */
  readonly pattern?: string | undefined;
  readonly minimum?: number | string | undefined;
  readonly maximum?: number | string | undefined;
  readonly exclusiveMinimum?: number | string | undefined;
  readonly exclusiveMaximum?: number | string | undefined;
  /** In code points. */
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  /** `email`, `uuid`, `uri`, `hostname`, `ipv4`, `ipv6`. */
  readonly format?: string | undefined;
  /** Rows carry the integer as bigint. */
  readonly integers?: "bigint" | undefined;
  /** Members of an `object`. */
  readonly properties?: readonly FieldSpec[] | undefined;
  /** Elements of an `array`. */
  readonly items?: Omit<FieldSpec, "name"> | undefined;
  readonly classification?: string | undefined;
  readonly description?: string | undefined;
}

/** A field with its type resolved. */
export interface AssetField extends Omit<FieldSpec, "type" | "required"> {
  readonly type: DataType;
  readonly required: boolean;
}

export interface AssetInit<F extends readonly FieldSpec[] = readonly FieldSpec[]> {
  readonly name: string;
  readonly schema: F;
  readonly version?: string | undefined;
  readonly id?: string | undefined;
  readonly domain?: string | undefined;
  readonly dataProduct?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Everything else the document says (team, compliance, finops …), untouched. */
  readonly document?: Readonly<Record<string, unknown>> | undefined;
}

declare const ROW: unique symbol;

/**
 * A data contract: names, types and rules of the fields that every record must keep.
 *
 * `R` is the type of a row that keeps it; {@link defineAsset} infers it.
 */
export class AssetDefinition<R extends Row = Row> {
  declare readonly [ROW]?: R;
  readonly name: string;
  readonly version: string;
  readonly id: string | undefined;
  readonly domain: string | undefined;
  readonly dataProduct: string | undefined;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  /** The fields as they were written. */
  readonly schema: readonly FieldSpec[];
  /** The fields with their types resolved. */
  readonly fields: readonly AssetField[];
  readonly document: Readonly<Record<string, unknown>>;

  /** @throws DativoError DTV_ASSET_INVALID for a type that does not exist, DTV_SCHEMA_INVALID for a repeated field. */
  constructor(init: AssetInit) {
    this.name = init.name;
    this.version = init.version ?? "1.0.0";
    this.id = init.id;
    this.domain = init.domain;
    this.dataProduct = init.dataProduct;
    this.description = init.description;
    this.tags = init.tags ?? [];
    this.schema = init.schema;
    this.document = init.document ?? {};
    this.fields = init.schema.map((spec) => resolveField(spec, init.name));
    this.targetSchema();
  }

  /** A name for records that keep no contract. */
  static unchecked(name: string): AssetDefinition {
    return new AssetDefinition({ name, schema: [] });
  }

  /** The schema of records that keep the contract. */
  targetSchema(): Schema {
    return new Schema(this.fields.map(toSchemaField));
  }

  /** Names of the fields that make up the primary key, in the order of the schema. */
  get primaryKey(): readonly string[] {
    return this.fields.filter((field) => field.primaryKey).map((field) => field.name);
  }

  /** SHA-256 over names, types and rules: what a record must keep, and nothing else of the document. */
  get fingerprint(): string {
    const rules = this.fields.map(({ classification: _, description: __, ...field }) => field);
    return sha256(JSON.stringify(rules));
  }
}

/** A contract written in a program; with `as const` the type of its rows is inferred. */
export function defineAsset<const F extends readonly FieldSpec[]>(init: AssetInit<F>): AssetDefinition<RowOf<F>> {
  return new AssetDefinition<RowOf<F>>(init);
}

/** The row type of a contract: `type Zip = RowOfAsset<typeof zips>`. */
export type RowOfAsset<A> = A extends AssetDefinition<infer R> ? R : never;

/** The row type of a list of fields. */
export type RowOf<F extends readonly FieldSpec[]> = {
  [K in F[number] as K["name"]]: K extends { required: true } | { primaryKey: true } ? CellOf<K> : CellOf<K> | null;
};

type CellOf<K extends { type: string; integers?: unknown }> = K["type"] extends IntegerName
  ? K["integers"] extends "bigint"
    ? bigint
    : number
  : K["type"] extends DoubleName
    ? number
    : K["type"] extends "boolean" | "bool"
      ? boolean
      : K["type"] extends "binary" | "bytes" | "bytea"
        ? Uint8Array
        : K["type"] extends "array" | "list" | `array<${string}>` | `list<${string}>`
          ? unknown[]
          : K["type"] extends "object" | "struct" | "json" | "jsonb" | "map"
            ? Record<string, unknown>
            : string;
type IntegerName = "integer" | "int" | "bigint" | "long" | "smallint" | "int64" | "int32";
type DoubleName = "double" | "number" | "float" | "real" | "float64" | "float32";

function resolveField(spec: FieldSpec, asset: string): AssetField {
  try {
    return { ...spec, type: resolveType(spec), required: (spec.required ?? false) || (spec.primaryKey ?? false) };
  } catch (cause) {
    if (!(cause instanceof DativoError)) throw cause;
    throw new DativoError("DTV_ASSET_INVALID", `Field '${spec.name}' of asset '${asset}': ${cause.message}`, {
      culprit: spec.name,
      hint: cause.hint,
      cause,
    });
  }
}

function resolveType(spec: Omit<FieldSpec, "name">): DataType {
  const type = parseType(spec.type);
  if (type.kind === "array" && spec.items) return { kind: "array", items: resolveType(spec.items) };
  if (type.kind === "object" && spec.properties) {
    return { kind: "object", properties: spec.properties.map(toProperty) };
  }
  return type;
}

function toProperty(spec: FieldSpec): Property {
  return { name: spec.name, type: resolveType(spec), nullable: !spec.required };
}

function toSchemaField(field: AssetField): Field {
  return {
    name: field.name,
    type: field.type,
    nullable: !field.required,
    ...(field.integers === undefined ? {} : { integers: field.integers }),
    ...(field.description === undefined ? {} : { metadata: { description: field.description } }),
  };
}
