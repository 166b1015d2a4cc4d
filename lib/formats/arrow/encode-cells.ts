/** Cells as Arrow buffers: validity, then what the type has (https://arrow.apache.org/docs/format/Columnar.html). */
import { compileColumnEncoder } from "../../contract/column.ts";
import { DativoError } from "../../contract/errors.ts";
import { stringifyJson } from "../../contract/json.ts";
import type { DataType } from "../../contract/types.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { formatOf } from "./arrow-type.ts";

type Cells = readonly unknown[];

/** A column of cells that are of the type, as `compileConverter` gives them; null where there is no value. */
export function encodeColumn(type: DataType, cells: Cells): ArrowColumn {
  const nullCount = cells.reduce((count: number, cell) => count + (isMissing(cell) ? 1 : 0), 0);
  const validity = nullCount === 0 ? undefined : bitmap(cells, (cell) => !isMissing(cell));
  const { buffers, children = [] } = encodeValues(type, cells);
  return { length: cells.length, nullCount, buffers: [validity, ...buffers], children };
}

/** Records as one struct column. */
export function encodeRecords(types: readonly DataType[], columns: readonly Cells[], length: number): ArrowColumn {
  return recordsOf(
    types.map((type, index) => encodeColumn(type, columns[index] as Cells)),
    length,
  );
}

/** Columns side by side as one struct column. */
export function recordsOf(children: readonly ArrowColumn[], length: number): ArrowColumn {
  return { length, nullCount: 0, buffers: [undefined], children };
}

interface Values {
  readonly buffers: readonly Buffer[];
  readonly children?: readonly ArrowColumn[];
}

function encodeValues(type: DataType, cells: Cells): Values {
  // What has no declared inside has no Arrow type; it goes as JSON text.
  if (formatOf(type) === undefined) return encodeBytes(cells, (cell) => toUtf8(stringifyJson(cell)));
  switch (type.kind) {
    case "string":
      return encodeBytes(cells, toUtf8);
    case "binary":
      return encodeBytes(cells, (cell) => cell as Uint8Array);
    case "boolean":
      return { buffers: [bitmap(cells, (cell) => cell === true)] };
    case "array":
      return encodeLists(type.items as DataType, cells as readonly (Cells | null)[]);
    case "object":
      return { buffers: [], children: encodeMembers(type, cells) };
    default:
      return { buffers: [encodeFixed(type, cells)] };
  }
}

function encodeFixed(type: DataType, cells: Cells): Buffer {
  const width = type.kind === "decimal" ? 16 : type.kind === "date" ? 4 : 8;
  const bytes = fixedBytes(cells.length * width);
  const encode = compileColumnEncoder(type);
  const write = writerOf(type, bytes);
  for (let i = 0; i < cells.length; i++) if (!isMissing(cells[i])) write(encode(cells[i]), i * width);
  return bytes;
}

function writerOf({ kind }: DataType, bytes: Buffer): (value: unknown, at: number) => void {
  if (kind === "double") return (value, at) => bytes.writeDoubleLE(value as number, at);
  if (kind === "date") return (value, at) => bytes.writeInt32LE(value as number, at);
  if (kind !== "decimal") return (value, at) => bytes.writeBigInt64LE(value as bigint, at);
  return (value, at) => {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value as bigint), at);
    bytes.writeBigInt64LE((value as bigint) >> 64n, at + 8);
  };
}

function encodeBytes(cells: Cells, toBytes: (cell: unknown) => Uint8Array): Values {
  const parts = cells.map((cell) => (isMissing(cell) ? undefined : toBytes(cell)));
  const offsets = encodeOffsets(parts);
  const bytes = fixedBytes(offsets.readInt32LE(cells.length * 4));
  for (let i = 0; i < parts.length; i++) bytes.set(parts[i] ?? [], offsets.readInt32LE(i * 4));
  return { buffers: [offsets, bytes] };
}

/** @throws DativoError DTV_VALUE_UNFIT for half of a surrogate pair, which UTF-8 has not. */
function toUtf8(cell: unknown): Buffer {
  const text = cell as string;
  if (text.isWellFormed()) return Buffer.from(text);
  throw new DativoError("DTV_VALUE_UNFIT", "A text holds half of a surrogate pair, which UTF-8 has not");
}

function encodeLists(items: DataType, cells: readonly (Cells | null)[]): Values {
  return {
    buffers: [encodeOffsets(cells)],
    children: [
      encodeColumn(
        items,
        cells.flatMap((cell) => cell ?? []),
      ),
    ],
  };
}

function encodeMembers({ properties = [] }: Extract<DataType, { kind: "object" }>, cells: Cells): ArrowColumn[] {
  const objects = cells as readonly (Record<string, unknown> | null)[];
  return properties.map(({ name, type }) =>
    encodeColumn(
      type,
      objects.map((object) => (object && Object.hasOwn(object, name) ? object[name] : null)),
    ),
  );
}

/** Where each part begins when they stand one after another; batches are far from the 2 GiB that int32 ends at. */
function encodeOffsets(parts: readonly ({ readonly length: number } | null | undefined)[]): Buffer {
  const offsets = fixedBytes((parts.length + 1) * 4);
  let end = 0;
  for (const [index, part] of parts.entries()) {
    end += part?.length ?? 0;
    offsets.writeInt32LE(end, (index + 1) * 4);
  }
  return offsets;
}

function bitmap(cells: Cells, isSet: (cell: unknown) => boolean): Buffer {
  const bits = fixedBytes((cells.length + 7) >> 3);
  for (let i = 0; i < cells.length; i++) {
    if (isSet(cells[i])) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  }
  return bits;
}

function isMissing(cell: unknown): boolean {
  return cell === null || cell === undefined;
}

/** Memory of its own, not a part of Buffer's pool: a library may keep a pointer to it. */
function fixedBytes(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}
