/** A function for each type that reads a value as a cell. */
import type { AvroType, LeafType, MapType, RecordType, UnionType } from "../schema/avro-type.ts";
import { minWidthOf } from "../schema/min-width.ts";
import type { Datum } from "./datum.ts";
import { leafReader } from "./leaf-reader.ts";

export type Read = (datum: Datum) => unknown;

/** The readers of records are kept, so that a record can be inside itself, and in many others. */
type Known = Map<RecordType, Read>;

export function compileReader(type: AvroType, known: Known = new Map()): Read {
  switch (type.kind) {
    case "array":
      return listReader(minWidthOf(type.items), compileReader(type.items, known));
    case "map":
      return mapReader(type, known);
    case "record":
      return known.get(type) ?? recordReader(type, known);
    case "union":
      return unionReader(type, known);
    default:
      return leafReader(type);
  }
}

function listReader(width: number, readItem: Read): Read {
  return (datum) => {
    datum.weighObject(0);
    let items: unknown[] = [];
    for (;;) {
      const { count, end } = datum.readCount(width);
      if (count === 0) return items;
      const start = items.length;
      // Made as long as it will be: one that grows takes up to three times the memory.
      if (start === 0) items = new Array(count);
      for (let i = 0; i < count; i++) items[start + i] = readItem(datum);
      datum.expect(end);
    }
  };
}

/** A map is an array of its entries, as in Parquet: their order stays, and so do keys that come twice. */
function mapReader({ values }: MapType, known: Known): Read {
  const readKey = leafReader(KEY);
  const readValue = compileReader(values, known);
  return listReader(1, (datum) => {
    datum.weighObject(2);
    const entry: Record<string, unknown> = Object.create(null);
    entry["key"] = readKey(datum);
    entry["value"] = readValue(datum);
    return entry;
  });
}

const KEY: LeafType = { kind: "string", size: 0, symbols: [] };

function recordReader(type: RecordType, known: Known): Read {
  const members: { readonly name: string; readonly read: Read }[] = [];
  const read: Read = (datum) => {
    datum.enter();
    datum.weighObject(members.length);
    const object: Record<string, unknown> = Object.create(null);
    for (const member of members) object[member.name] = member.read(datum);
    datum.leave();
    return object;
  };
  known.set(type, read);
  for (const field of type.fields) members.push({ name: field.name, read: compileReader(field.type, known) });
  return read;
}

function unionReader({ branches }: UnionType, known: Known): Read {
  const readers = branches.map((branch) => compileReader(branch, known));
  const count = readers.length;
  return (datum) => (readers[datum.readIndex(count, "branch")] as Read)(datum);
}
