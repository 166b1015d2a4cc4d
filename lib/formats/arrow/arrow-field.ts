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
}

/** The schema of batches that lie in memory as Arrow has them. */
export interface ArrowSchema {
  readonly schema: Schema;
  readonly fields: readonly ArrowField[];
  /** Fingerprint of the contract that these records were held to, where that is known. */
  readonly contract?: string | undefined;
  /** Every column is stored as we ourselves store its type: whoever takes our batches can take these. */
  readonly isPlain: boolean;
}

export function arrowSchemaOf(fields: readonly ArrowField[]): ArrowSchema {
  return { fields, schema: new Schema(fields.map(toField)), isPlain: fields.every(isPlain) };
}

/** A field as we ourselves store it. */
export function plainField({ name, type, nullable }: Property): ArrowField {
  const format = formatOf(type);
  // What has no declared inside is stored as JSON text.
  const storage: Storage = format === undefined ? { kind: "json" } : (readFormat(format)?.storage as Storage);
  return {
    name,
    type,
    nullable,
    storage,
    format: format ?? "u",
    children: format === undefined ? [] : membersOf(type).map(plainField),
    dictionary: undefined,
  };
}

/** What a list or a struct has inside, as the children of its Arrow type. */
export function membersOf(type: DataType): readonly Property[] {
  if (type.kind === "array" && type.items) return [{ name: "item", type: type.items, nullable: true }];
  return type.kind === "object" ? (type.properties ?? []) : [];
}

function toField({ name, type, nullable }: ArrowField): Field {
  return { name, type, nullable };
}

function isPlain({ type, format, dictionary, children }: ArrowField): boolean {
  return dictionary === undefined && format === formatOf(type) && children.every(isPlain);
}
