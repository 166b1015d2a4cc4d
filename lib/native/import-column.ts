/** Columns of a library as cells: what a row shows, copied out of native memory. */
import { formatDecimal } from "../contract/decimal.ts";
import { DativoError } from "../contract/errors.ts";
import { formatDate, formatTime, formatTimestamp, fromEpochMicros } from "../contract/temporal.ts";
import type { Storage } from "./arrow-type.ts";
import type { ArrowField } from "./import-schema.ts";
import { ARROW_ARRAY } from "./layout.ts";
import { copyBytes } from "./memory.ts";

const MICROS = 1_000_000n;

/** An ArrowArray and what its struct says. */
class ArrowArray {
  readonly length: number;
  readonly offset: number;
  readonly #struct: Buffer;

  constructor(struct: Buffer) {
    this.#struct = struct;
    this.length = Number(struct.readBigInt64LE(ARROW_ARRAY.length));
    this.offset = Number(struct.readBigInt64LE(ARROW_ARRAY.offset));
  }

  static at(address: bigint): ArrowArray {
    return new ArrowArray(copyBytes(address, ARROW_ARRAY.size));
  }

  get mayHaveNulls(): boolean {
    return this.#struct.readBigInt64LE(ARROW_ARRAY.nullCount) !== 0n;
  }

  child(index: number): ArrowArray {
    return ArrowArray.at(this.#pointer(ARROW_ARRAY.childPointers, index));
  }

  get dictionary(): ArrowArray {
    return ArrowArray.at(this.#struct.readBigUInt64LE(ARROW_ARRAY.dictionary));
  }

  /** A copy of a part of a buffer; undefined where the library has none. */
  bytes(index: number, start: number, end: number): Buffer | undefined {
    const address = this.#pointer(ARROW_ARRAY.bufferPointers, index);
    return address === 0n ? undefined : copyBytes(address + BigInt(start), end - start);
  }

  #pointer(table: number, index: number): bigint {
    return copyBytes(this.#struct.readBigUInt64LE(table) + BigInt(index * 8), 8).readBigUInt64LE();
  }
}

/** The cells of one column of a struct array. */
export function importCells(struct: Buffer, field: ArrowField, index: number): unknown[] {
  const rows = new ArrowArray(struct);
  return readCells(rows.child(index), field, rows.offset, rows.length);
}

/** Bytes that the values of the records of a struct array occupy, without what the library keeps beside them. */
export function payloadBytes(struct: Buffer, fields: readonly ArrowField[]): number {
  const rows = new ArrowArray(struct);
  return fields.reduce((sum, field, index) => sum + sizeOf(rows.child(index), field, rows.offset, rows.length), 0);
}

function sizeOf(array: ArrowArray, field: ArrowField, start: number, count: number): number {
  const { storage, children } = field;
  const first = array.offset + start;
  switch (storage.kind) {
    case "bits":
      return count / 8;
    case "bytes":
    case "list": {
      const [from, to] = [offsetAt(array, storage.offsets, first), offsetAt(array, storage.offsets, first + count)];
      const inner =
        storage.kind === "list" ? sizeOf(array.child(0), children[0] as ArrowField, from, to - from) : to - from;
      return count * storage.offsets + inner;
    }
    case "struct":
      return children.reduce((sum, child, i) => sum + sizeOf(array.child(i), child, first, count), 0);
    default:
      return count * widthOf(storage);
  }
}

function offsetAt(array: ArrowArray, width: 4 | 8, index: number): number {
  const bytes = array.bytes(1, index * width, (index + 1) * width);
  if (!bytes) return 0;
  return width === 4 ? bytes.readInt32LE() : Number(bytes.readBigInt64LE());
}

type IsNull = (index: number) => boolean;

/** `count` cells from `start` of an array, which may itself begin at an offset. */
function readCells(array: ArrowArray, field: ArrowField, start: number, count: number): unknown[] {
  const first = array.offset + start;
  const isNull = nullsOf(array, first, count);
  const cells = field.dictionary
    ? readDictionary(array, field, field.dictionary, first, count)
    : readValues(array, field, first, count, isNull);
  return isNull ? cells.map((cell, i) => (isNull(i) ? null : cell)) : cells;
}

function readDictionary(
  array: ArrowArray,
  field: ArrowField,
  values: ArrowField,
  first: number,
  count: number,
): unknown[] {
  const { dictionary } = array;
  const words = readCells(dictionary, values, 0, dictionary.length);
  return readValues(array, field, first, count).map((key) => words[Number(key)]);
}

function nullsOf(array: ArrowArray, first: number, count: number): IsNull | undefined {
  const bits = array.mayHaveNulls ? array.bytes(0, first >> 3, (first + count + 7) >> 3) : undefined;
  return bits && ((index) => !bitAt(bits, index + (first & 7)));
}

function bitAt(bits: Buffer, index: number): boolean {
  return (((bits[index >> 3] as number) >> (index & 7)) & 1) === 1;
}

function readValues(array: ArrowArray, field: ArrowField, first: number, count: number, isNull?: IsNull): unknown[] {
  const { storage } = field;
  switch (storage.kind) {
    case "bits":
      return readBits(array, first, count);
    case "bytes":
      return readBytes(array, storage, first, count);
    case "list":
      return readLists(array, field.children[0] as ArrowField, storage.offsets, first, count);
    case "struct":
      return readStructs(array, field, first, count);
    default:
      return readFixed(array, fixedReader(storage, field), first, count, isNull);
  }
}

function readBits(array: ArrowArray, first: number, count: number): boolean[] {
  const bits = array.bytes(1, first >> 3, (first + count + 7) >> 3) ?? Buffer.alloc(0);
  return Array.from({ length: count }, (_, i) => bitAt(bits, i + (first & 7)));
}

type Fixed = Exclude<Storage, { kind: "bits" | "bytes" | "list" | "struct" }>;

/** What lies under a null may be anything, and is not looked at. */
function readFixed(
  array: ArrowArray,
  { width, read }: FixedReader,
  first: number,
  count: number,
  isNull: IsNull = () => false,
): unknown[] {
  const bytes = array.bytes(1, first * width, (first + count) * width) ?? Buffer.alloc(0);
  return Array.from({ length: count }, (_, i) => (isNull(i) ? null : read(bytes, i * width)));
}

function widthOf(storage: Fixed): number {
  if (storage.kind === "decimal") return 16;
  return storage.kind === "date" ? 4 : storage.bytes;
}

interface FixedReader {
  readonly width: number;
  read(bytes: Buffer, at: number): unknown;
}

function fixedReader(storage: Fixed, field: ArrowField): FixedReader {
  switch (storage.kind) {
    case "int":
      return intReader(storage.bytes, storage.signed);
    case "float":
      return storage.bytes === 4
        ? { width: 4, read: (bytes, at) => bytes.readFloatLE(at) }
        : { width: 8, read: (bytes, at) => bytes.readDoubleLE(at) };
    case "decimal":
      return { width: 16, read: (bytes, at) => formatDecimal(int128(bytes, at), storage.scale) };
    case "date":
      return { width: 4, read: (bytes, at) => formatDate(bytes.readInt32LE(at)) };
    case "ticks":
      return { width: storage.bytes, read: (bytes, at) => formatMicros(microsAt(bytes, at, storage, field), field) };
  }
}

function formatMicros(micros: bigint, { type }: ArrowField): string {
  return type.kind === "timestamp" ? formatTimestamp(fromEpochMicros(micros), type.zoned) : formatTime(Number(micros));
}

/** @throws DativoError DTV_VALUE_UNFIT for what is finer than a microsecond */
function microsAt(bytes: Buffer, at: number, storage: Extract<Storage, { kind: "ticks" }>, field: ArrowField): bigint {
  const { bytes: width, perSecond } = storage;
  const ticks = width === 4 ? BigInt(bytes.readInt32LE(at)) : bytes.readBigInt64LE(at);
  if (perSecond <= MICROS) return ticks * (MICROS / perSecond);
  const perMicro = perSecond / MICROS;
  if (ticks % perMicro === 0n) return ticks / perMicro;
  throw new DativoError("DTV_VALUE_UNFIT", `Field '${field.name}' holds a time that is finer than a microsecond`, {
    culprit: field.name,
  });
}

function intReader(width: 1 | 2 | 4 | 8, signed: boolean): FixedReader {
  if (width === 8) return { width, read: (bytes, at) => narrow(bytes.readBigInt64LE(at)) };
  return {
    width,
    read: signed ? (bytes, at) => bytes.readIntLE(at, width) : (bytes, at) => bytes.readUIntLE(at, width),
  };
}

/** An integer cell is a number where that is exact. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function int128(bytes: Buffer, at: number): bigint {
  return (bytes.readBigInt64LE(at + 8) << 64n) | bytes.readBigUInt64LE(at);
}

function readOffsets(array: ArrowArray, width: 4 | 8, first: number, count: number): number[] {
  const bytes = array.bytes(1, first * width, (first + count + 1) * width) ?? Buffer.alloc((count + 1) * width);
  return Array.from({ length: count + 1 }, (_, i) =>
    width === 4 ? bytes.readInt32LE(i * 4) : Number(bytes.readBigInt64LE(i * 8)),
  );
}

function readBytes(
  array: ArrowArray,
  { offsets: width, text }: Extract<Storage, { kind: "bytes" }>,
  first: number,
  count: number,
): unknown[] {
  const offsets = readOffsets(array, width, first, count);
  const base = offsets[0] as number;
  const bytes = array.bytes(2, base, offsets[count] as number) ?? Buffer.alloc(0);
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [(offsets[i] as number) - base, (offsets[i + 1] as number) - base];
    return text ? bytes.toString("utf8", from, to) : new Uint8Array(bytes.subarray(from, to));
  });
}

function readLists(array: ArrowArray, items: ArrowField, width: 4 | 8, first: number, count: number): unknown[][] {
  const offsets = readOffsets(array, width, first, count);
  const base = offsets[0] as number;
  const cells = readCells(array.child(0), items, base, (offsets[count] as number) - base);
  return Array.from({ length: count }, (_, i) =>
    cells.slice((offsets[i] as number) - base, (offsets[i + 1] as number) - base),
  );
}

function readStructs(array: ArrowArray, field: ArrowField, first: number, count: number): unknown[] {
  const members = field.children.map((child, i) => ({
    name: child.name,
    cells: readCells(array.child(i), child, first, count),
  }));
  return Array.from({ length: count }, (_, row) => {
    const object: Record<string, unknown> = Object.create(null);
    for (const { name, cells } of members) object[name] = cells[row];
    return object;
  });
}
