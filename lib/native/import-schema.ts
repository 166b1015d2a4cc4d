import koffi from "koffi";
import { DativoError } from "../contract/errors.ts";
import { type Field, Schema } from "../contract/schema.ts";
import type { DataType } from "../contract/types.ts";
import { formatOf, readFormat, type Storage } from "./arrow-type.ts";
import { ARROW_SCHEMA, NULLABLE } from "./layout.ts";
import { copyBytes, textAt } from "./memory.ts";
import { readMetadata } from "./schema-metadata.ts";

/** A column as a library has it: its contract type, and how its values lie in memory. */
export interface ArrowField {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly storage: Storage;
  readonly children: readonly ArrowField[];
  /** As the library spells the type. */
  readonly format: string;
  /** Storage of the values that a dictionary column points to. */
  readonly dictionary: ArrowField | undefined;
}

/** The schema of a library's batches. */
export interface ArrowSchema {
  readonly schema: Schema;
  readonly fields: readonly ArrowField[];
  /** Fingerprint of the contract that the library has held the records to, where it says so. */
  readonly contract: string | undefined;
  /** Every column lies in memory as we ourselves give its type: the batches can be moved on as they are. */
  readonly isPlain: boolean;
}

/** In the metadata of a schema; see rule 8 of `dativo_plugin.h`. */
const CONTRACT = "dativo.contract";

const Release = koffi.proto("void dativo_release_schema(void *)");

/**
 * Reads an ArrowSchema that a library filled, and gives it back.
 *
 * @throws DativoError DTV_SCHEMA_INVALID naming the column whose type no contract has
 */
export function importSchema(struct: Buffer, owner: string): ArrowSchema {
  const release = struct.readBigUInt64LE(ARROW_SCHEMA.release);
  if (release === 0n) throw new DativoError("DTV_PLUGIN_RESULT", `${owner} gave no schema`, { culprit: owner });
  try {
    const fields = readChildren(struct, owner);
    const { [CONTRACT]: contract } = readMetadata(struct.readBigUInt64LE(ARROW_SCHEMA.metadata));
    return { fields, schema: new Schema(fields.map(toField)), contract, isPlain: fields.every(isPlain) };
  } finally {
    koffi.call(release, Release, struct);
  }
}

function toField({ name, type, nullable }: ArrowField): Field {
  return { name, type, nullable };
}

function isPlain({ type, format, dictionary, children }: ArrowField): boolean {
  return dictionary === undefined && format === formatOf(type) && children.every(isPlain);
}

function readChildren(struct: Buffer, owner: string): ArrowField[] {
  const count = Number(struct.readBigInt64LE(ARROW_SCHEMA.children));
  if (count === 0) return [];
  const pointers = copyBytes(struct.readBigUInt64LE(ARROW_SCHEMA.childPointers), count * 8);
  return Array.from({ length: count }, (_, index) => readField(pointers.readBigUInt64LE(index * 8), owner));
}

function readField(address: bigint, owner: string): ArrowField {
  const struct = copyBytes(address, ARROW_SCHEMA.size);
  const name = textAt(struct.readBigUInt64LE(ARROW_SCHEMA.name)) ?? "";
  const format = textAt(struct.readBigUInt64LE(ARROW_SCHEMA.format)) ?? "";
  const known = readFormat(format);
  if (!known) {
    throw new DativoError(
      "DTV_SCHEMA_INVALID",
      `${owner}: column '${name}' has the Arrow type '${format}', which no contract has`,
      {
        culprit: name,
      },
    );
  }
  const children = readChildren(struct, owner);
  const dictionaryAt = struct.readBigUInt64LE(ARROW_SCHEMA.dictionary);
  const dictionary = dictionaryAt === 0n ? undefined : readField(dictionaryAt, owner);
  return {
    name,
    type: dictionary?.type ?? known.type ?? nestedType(known.storage, children),
    nullable: (struct.readBigInt64LE(ARROW_SCHEMA.flags) & NULLABLE) !== 0n,
    storage: known.storage,
    format,
    children,
    dictionary,
  };
}

function nestedType(storage: Storage, children: readonly ArrowField[]): DataType {
  if (storage.kind === "list") return { kind: "array", items: (children[0] as ArrowField).type };
  return { kind: "object", properties: children.map(({ name, type, nullable }) => ({ name, type, nullable })) };
}
