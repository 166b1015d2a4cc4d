/** The schema of a stream (Schema.fbs), brought to fields as the C Data Interface spells them. */
import { DativoError } from "../../../contract/errors.ts";
import { type Field, Schema } from "../../../contract/schema.ts";
import type { DataType } from "../../../contract/types.ts";
import { type ArrowField, nestedType } from "../arrow-field.ts";
import { type ArrowType, readFormat } from "../arrow-type.ts";
import { must } from "../fault.ts";
import { type OurMarks, readMarks } from "./field-marks.ts";
import type { FlatTable } from "./flat-table.ts";
import { readMetadata } from "./message.ts";

export interface StreamSchema {
  readonly schema: Schema;
  /** How the columns are stored. */
  readonly stored: readonly ArrowField[];
  /** All of it; the schema has what is of the records. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a pipe says of itself is not true of what its records go into. */
const STREAM_WORDS = "dativo.stream";
/** Lists and structs inside one another. */
const MAX_DEPTH = 100;

/** @throws ArrowFault; DativoError DTV_SCHEMA_INVALID for a type that no contract has */
export function readSchema(header: FlatTable): StreamSchema {
  must(header.short(0) === 0, "its numbers stand with the big end first, which is not read");
  // Damaged offsets may lead to the same field again and again.
  const budget = { left: header.view.byteLength / 4 };
  const metadata = readMetadata(header, 2);
  const fields = header.tables(1).map((field) => readField(field, 0, budget));
  const own = Object.entries(metadata).filter(([key]) => !key.startsWith(STREAM_WORDS));
  return {
    schema: new Schema(fields.map(toField), Object.fromEntries(own)),
    stored: fields.map(({ stored }) => stored),
    metadata,
  };
}

interface ReadField {
  readonly stored: ArrowField;
  readonly marks: OurMarks;
}

function toField({ stored: { name, type, nullable }, marks }: ReadField): Field {
  return marks.untyped
    ? { name, type: { kind: "string" }, nullable, ...marks.field }
    : { name, type, nullable, ...marks.field };
}

function readField(table: FlatTable, depth: number, budget: { left: number }): ReadField {
  must(depth <= MAX_DEPTH && budget.left-- > 0, "its types are nested too deep");
  const [name, nullable] = [table.text(0), table.byte(1) !== 0];
  const marks = readMarks(readMetadata(table, 6));
  const children = table.tables(5).map((child) => readField(child, depth + 1, budget).stored);
  const format = formatOf(table);
  const known = readFormat(format) ?? refuse(name, format);
  const field = markedField(
    { name, nullable, format, children, dictionary: undefined, ...typed(known, children) },
    marks,
  );
  const encoding = table.table(4);
  return { stored: encoding ? dictionaryField(encoding, field) : field, marks };
}

function typed({ storage, type }: ArrowType, children: readonly ArrowField[]): Pick<ArrowField, "storage" | "type"> {
  const isList = storage.kind === "list" || storage.kind === "fixed_list";
  must(!isList || children.length === 1, "a list has not one kind of items");
  return { storage, type: type ?? nestedType(storage, children) };
}

/** A type that Arrow has not, in the storage that extensions of its types give it. */
function markedField(field: ArrowField, { extension, untyped, isArray }: OurMarks): ArrowField {
  const { storage } = field;
  const isText = storage.kind === "bytes" && storage.text && storage.offsets === 4;
  if ((extension === "arrow.json" || untyped === "json") && isText) {
    const type: DataType = isArray ? { kind: "array" } : { kind: "object" };
    return { ...field, type, storage: { kind: "json" } };
  }
  if (extension === "arrow.uuid" && storage.kind === "fixed" && storage.bytes === 16) {
    return { ...field, type: { kind: "string" }, storage: { ...storage, uuid: true } };
  }
  return field;
}

function dictionaryField(encoding: FlatTable, values: ArrowField): ArrowField {
  const format = formatOfInt(encoding.table(1));
  const { storage } = readFormat(format) ?? refuse(values.name, format);
  must(storage.kind === "int", "a dictionary is not pointed to by integers");
  return { ...values, format, storage, children: [], dictionary: values, dictionaryId: encoding.long(0) };
}

function refuse(name: string, what: string): never {
  throw new DativoError("DTV_SCHEMA_INVALID", `Column '${name}' has the Arrow type '${what}', which no contract has`, {
    culprit: name,
    hint: "Write the data again without the column, or in another type.",
  });
}

const UNITS = ["s", "m", "u", "n"] as const;

/** The union `Type`, by number: those without properties of their own. */
const SIMPLE: Readonly<Record<number, string>> = {
  1: "n",
  4: "z",
  5: "u",
  6: "b",
  12: "+l",
  13: "+s",
  14: "union",
  17: "+m",
  19: "Z",
  20: "U",
  21: "+L",
  22: "run-end encoded",
  23: "vz",
  24: "vu",
  25: "list view",
  26: "large list view",
};

function formatOf(field: FlatTable): string {
  const number = field.byte(2);
  const type = field.table(3);
  must(type !== undefined, "a column has no type");
  switch (number) {
    case 2:
      return formatOfInt(type);
    case 3:
      return ["e", "f", "g"][type.short(0)] ?? "float";
    case 7:
      return `d:${type.int(0)},${type.int(1)},${type.int(2, 128)}`.replace(/,128$/, "");
    case 8:
      return type.short(0, 1) === 0 ? "tdD" : "tdm";
    case 9:
      return `tt${UNITS[type.short(0, 1)]}`;
    case 10:
      return formatOfTimestamp(type);
    case 11:
      return "interval";
    case 15:
      return `w:${type.int(0)}`;
    case 16:
      return `+w:${type.int(0)}`;
    case 18:
      return "duration";
    default:
      return SIMPLE[number] ?? `number ${number}`;
  }
}

function formatOfInt(type: FlatTable | undefined): string {
  // A dictionary that does not say is pointed to by 32 bits with a sign.
  if (!type) return "i";
  const letter = { 8: "c", 16: "s", 32: "i", 64: "l" }[type.int(0)] ?? "integer";
  return type.byte(1) ? letter : letter.toUpperCase();
}

/** Whatever the zone, instants are counted in UTC. */
function formatOfTimestamp(type: FlatTable): string {
  return `ts${UNITS[type.short(0)]}:${type.text(1) === "" ? "" : "UTC"}`;
}
