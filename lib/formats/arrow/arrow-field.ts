import { type Field, Schema } from "../../contract/schema.ts";
import type { DataType, Property } from "../../contract/types.ts";
import { formatOf, readFormat, type Storage } from "./arrow-type.ts";

/** A column as it lies in memory: its contract type, and how its values are stored. */
export interface ArrowField {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly storage: Storage;
  readonly children: readonly ArrowField[];
  /** As the Arrow C Data Interface spells the type. */
  readonly format: string;
  /** Storage of the values that a dictionary column points to. */
  readonly dictionary: ArrowField | undefined;
  /** How the cells of an untyped field lie there: as text of the source, or as JSON text of any value. */
  readonly lexical?: Lexical | undefined;
  /** Number of the dictionary in a stream. */
  readonly dictionaryId?: number | undefined;
}

export type Lexical = "text" | "json";

/** In the metadata of an untyped field: its {@link Lexical}. */
export const LEXICAL = "dativo.lexical";

/** The schema of batches that lie in memory as Arrow has them. */
export interface ArrowSchema {
  readonly schema: Schema;
  readonly fields: readonly ArrowField[];
  /** Fingerprint of the contract that these records were held to, where that is known. */
  readonly contract?: string | undefined;
  /** Every column is stored as we ourselves store its type: whoever takes our batches can take these. */
  readonly isPlain: boolean;
}

/** What has no declared inside is stored as JSON text. */
const JSON_FORMAT = "u";

export function arrowSchemaOf(fields: readonly ArrowField[]): ArrowSchema {
  return {
    fields,
    schema: new Schema(fields.map(toField)),
    isPlain: fields.every((field) => !field.lexical && isPlainField(field)),
  };
}

/** A field as we ourselves store it. */
export function plainField({ name, type, nullable }: Property): ArrowField {
  const format = formatOf(type);
  const storage: Storage = format === undefined ? { kind: "json" } : (readFormat(format)?.storage as Storage);
  return {
    name,
    type,
    nullable,
    storage,
    format: format ?? JSON_FORMAT,
    children: format === undefined ? [] : membersOf(type).map(plainField),
    dictionary: undefined,
  };
}

/** What a list or a struct has inside, as the children of its Arrow type. */
export function membersOf(type: DataType): readonly Property[] {
  if (type.kind === "array" && type.items) return [{ name: "item", type: type.items, nullable: true }];
  return type.kind === "object" ? (type.properties ?? []) : [];
}

function toField({ name, type, nullable, lexical }: ArrowField): Field {
  if (!lexical) return { name, type, nullable };
  return { name, type, nullable: true, lexical: true, metadata: { [LEXICAL]: lexical } };
}

/** Stored as we ourselves store the type. */
export function isPlainField({ type, format, dictionary, children }: ArrowField): boolean {
  return dictionary === undefined && format === (formatOf(type) ?? JSON_FORMAT) && children.every(isPlainField);
}

/** The type of a list or a struct, which its children make. */
export function nestedType(storage: Storage, children: readonly ArrowField[]): DataType {
  if (storage.kind !== "struct") return { kind: "array", items: (children[0] as ArrowField).type };
  return { kind: "object", properties: children.map(({ name, type, nullable }) => ({ name, type, nullable })) };
}
