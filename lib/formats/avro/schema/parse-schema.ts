import { AvroFault } from "../fault.ts";
import { type AvroType, type LeafType, NAME_PROPERTY, type RecordField, type RecordType } from "./avro-type.ts";
import { logicalTypeOf } from "./logical-type.ts";

const PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"] as const;
/** More come from no honest source, and reading takes time for each. */
const MAX_TYPES = 10_000;
const MAX_DEPTH = 100;
const MAX_FIXED_BYTES = 2 ** 31 - 1;

type Json = Readonly<Record<string, unknown>>;

/** @throws AvroFault for text that is no schema of Avro */
export function parseSchema(text: string): AvroType {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AvroFault("its schema is not JSON", { cause });
  }
  return new SchemaParser().parse(json, "", 0);
}

class SchemaParser {
  readonly #named = new Map<string, AvroType>();
  /** Records that are being parsed: a reference to one of them is a recursion. */
  readonly #open = new Set<AvroType>();
  #count = 0;

  parse(json: unknown, namespace: string, depth: number): AvroType {
    if (++this.#count > MAX_TYPES) throw new AvroFault(`its schema has more than ${MAX_TYPES} types`);
    if (depth > MAX_DEPTH) throw new AvroFault(`its schema is nested deeper than ${MAX_DEPTH} levels`);
    if (typeof json === "string") return leafOf(json, {}) ?? this.#find(json, namespace);
    if (Array.isArray(json)) return this.#union(json, namespace, depth);
    if (typeof json !== "object" || json === null) throw invalid(json);
    return this.#complex(json as Json, namespace, depth);
  }

  #complex(json: Json, namespace: string, depth: number): AvroType {
    const { type } = json;
    switch (type) {
      case "array":
        return { kind: "array", items: this.parse(json["items"], namespace, depth + 1) };
      case "map":
        return { kind: "map", values: this.parse(json["values"], namespace, depth + 1) };
      case "record":
      case "error":
        return this.#record(json, namespace, depth);
      case "enum":
        return this.#define(json, namespace, leaf("enum", json, { symbols: symbolsOf(json) }));
      case "fixed":
        return this.#define(json, namespace, leaf("fixed", json, { size: sizeOf(json) }));
      default:
        // A type may be wrapped in another mapping.
        return typeof type === "string"
          ? (leafOf(type, json) ?? this.#find(type, namespace))
          : this.parse(type, namespace, depth + 1);
    }
  }

  #union(json: readonly unknown[], namespace: string, depth: number): AvroType {
    if (json.length === 0) throw new AvroFault("its schema has a union of nothing");
    const branches = json.map((branch) => this.parse(branch, namespace, depth + 1));
    if (branches.some(({ kind }) => kind === "union")) throw new AvroFault("its schema has a union in a union");
    return { kind: "union", branches };
  }

  #record(json: Json, namespace: string, depth: number): AvroType {
    const name = fullNameOf(json, namespace);
    const record: RecordType = { kind: "record", name, fields: [], isRecursive: false };
    this.#define(json, namespace, record);
    this.#open.add(record);
    const { fields } = json;
    if (!Array.isArray(fields)) throw new AvroFault(`its record '${name}' has no list of fields`);
    const inside = name.slice(0, Math.max(0, name.lastIndexOf(".")));
    for (const field of fields) record.fields.push(this.#field(field, name, inside, depth));
    if (new Set(record.fields.map((field) => field.name)).size < fields.length) {
      throw new AvroFault(`its record '${name}' has two fields of one name`);
    }
    this.#open.delete(record);
    return record;
  }

  #field(json: unknown, record: string, namespace: string, depth: number): RecordField {
    const { name, type, [NAME_PROPERTY]: original } = (json ?? {}) as Json;
    if (typeof name !== "string") throw new AvroFault(`its record '${record}' has a field without a name`);
    return { name: typeof original === "string" ? original : name, type: this.parse(type, namespace, depth + 1) };
  }

  #define(json: Json, namespace: string, type: AvroType): AvroType {
    const name = fullNameOf(json, namespace);
    if (this.#named.has(name)) throw new AvroFault(`its schema defines '${name}' twice`);
    this.#named.set(name, type);
    return type;
  }

  #find(name: string, namespace: string): AvroType {
    const near = namespace === "" || name.includes(".") ? undefined : this.#named.get(`${namespace}.${name}`);
    const found = near ?? this.#named.get(name);
    if (!found) throw invalid(name);
    if (found.kind === "record" && this.#open.has(found)) found.isRecursive = true;
    return found;
  }
}

function leafOf(name: string, json: Json): LeafType | undefined {
  const kind = PRIMITIVES.find((primitive) => primitive === name);
  return kind && leaf(kind, json, {});
}

function leaf(kind: LeafType["kind"], json: Json, { size = 0, symbols = [] }: Partial<LeafType>): LeafType {
  return { kind, logical: logicalTypeOf(kind, size, json), size, symbols };
}

/** A name with a dot is complete; any other is in its own namespace, or else in that around it. */
function fullNameOf({ name, namespace }: Json, around: string): string {
  if (typeof name !== "string" || name === "") throw new AvroFault("its schema has a named type without a name");
  if (name.includes(".")) return name;
  const space = typeof namespace === "string" ? namespace : around;
  return space === "" ? name : `${space}.${name}`;
}

function symbolsOf({ symbols }: Json): readonly string[] {
  if (Array.isArray(symbols) && symbols.every((symbol) => typeof symbol === "string")) return symbols;
  throw new AvroFault("its schema has an enum without a list of symbols");
}

function sizeOf({ size }: Json): number {
  if (typeof size === "number" && Number.isInteger(size) && size >= 0 && size <= MAX_FIXED_BYTES) return size;
  throw new AvroFault("its schema has a fixed without a size");
}

function invalid(json: unknown): AvroFault {
  return new AvroFault(`its schema names ${String(JSON.stringify(json)).slice(0, 60)}, which is no type`);
}
