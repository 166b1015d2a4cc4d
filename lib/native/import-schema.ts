import koffi from "koffi";
import { DativoError } from "../contract/errors.ts";
import {
  type ArrowField,
  type ArrowSchema,
  arrowSchemaOf,
  LEXICAL,
  type Lexical,
  nestedType,
} from "../formats/arrow/arrow-field.ts";
import { readFormat } from "../formats/arrow/arrow-type.ts";
import { ARROW_SCHEMA, NULLABLE } from "./layout.ts";
import { copyBytes, textAt } from "./memory.ts";
import { readMetadata } from "./schema-metadata.ts";

const MAX_COLUMNS = 100_000;

/** Stored in a way that is read from streams alone. */
const NOT_IMPORTED: ReadonlySet<string> = new Set(["views", "fixed_list", "null"]);

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
    requireRecords(struct, owner);
    const { [CONTRACT]: contract } = readMetadata(struct.readBigUInt64LE(ARROW_SCHEMA.metadata));
    return { ...arrowSchemaOf(readChildren(struct, owner)), contract };
  } finally {
    koffi.call(release, Release, struct);
  }
}

function requireRecords(struct: Buffer, owner: string): void {
  const format = textAt(struct.readBigUInt64LE(ARROW_SCHEMA.format));
  if (format === "+s") return;
  throw new DativoError("DTV_PLUGIN_RESULT", `${owner} gives values of the Arrow type '${format}' and not records`, {
    culprit: owner,
    hint: "Give a struct ('+s') whose children are the columns.",
  });
}

function readChildren(struct: Buffer, owner: string): ArrowField[] {
  const count = Number(struct.readBigInt64LE(ARROW_SCHEMA.children));
  if (count === 0) return [];
  const table = struct.readBigUInt64LE(ARROW_SCHEMA.childPointers);
  if (count < 0 || count > MAX_COLUMNS || table === 0n) throw damaged(owner, `a schema of ${count} columns`);
  const pointers = copyBytes(table, count * 8);
  return Array.from({ length: count }, (_, index) => readField(pointers.readBigUInt64LE(index * 8), owner));
}

function readField(address: bigint, owner: string): ArrowField {
  if (address === 0n) throw damaged(owner, "a schema with NULL in the place of a column");
  const struct = copyBytes(address, ARROW_SCHEMA.size);
  const name = textAt(struct.readBigUInt64LE(ARROW_SCHEMA.name)) ?? "";
  const format = textAt(struct.readBigUInt64LE(ARROW_SCHEMA.format)) ?? "";
  const known = readFormat(format);
  if (!known || NOT_IMPORTED.has(known.storage.kind)) {
    throw new DativoError(
      "DTV_SCHEMA_INVALID",
      `${owner}: column '${name}' has the Arrow type '${format}', which no contract has`,
      {
        culprit: name,
      },
    );
  }
  const children = readChildren(struct, owner);
  if (known.storage.kind === "list" && children.length !== 1) throw damaged(owner, `a list '${name}' without items`);
  const dictionaryAt = struct.readBigUInt64LE(ARROW_SCHEMA.dictionary);
  const dictionary = dictionaryAt === 0n ? undefined : readField(dictionaryAt, owner);
  const lexical = format === "u" && !dictionary ? readLexical(struct) : undefined;
  return {
    name,
    type: dictionary?.type ?? known.type ?? nestedType(known.storage, children),
    nullable: (struct.readBigInt64LE(ARROW_SCHEMA.flags) & NULLABLE) !== 0n,
    storage: lexical === "json" ? { kind: "json" } : known.storage,
    format,
    children,
    dictionary,
    lexical,
  };
}

function readLexical(struct: Buffer): Lexical | undefined {
  const { [LEXICAL]: mark } = readMetadata(struct.readBigUInt64LE(ARROW_SCHEMA.metadata));
  return mark === "text" || mark === "json" ? mark : undefined;
}

function damaged(owner: string, what: string): DativoError {
  return new DativoError("DTV_ARROW_INVALID", `${owner} gave ${what}`, { culprit: owner });
}
