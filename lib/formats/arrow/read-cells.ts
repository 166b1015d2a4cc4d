/** Arrow columns as cells: what a row shows. */
import { DativoError } from "../../contract/errors.ts";
import { parseJson } from "../../contract/json.ts";
import type { ArrowField } from "./arrow-field.ts";
import type { FixedStorage, Storage } from "./arrow-type.ts";
import { cellReader, Inexact } from "./read-numbers.ts";
import { readViews } from "./read-views.ts";
import { UnfitValue } from "./unfit-value.ts";

/** An array whose cells can be read: in JavaScript's memory, or in that of a library. */
export interface ArrowSource {
  readonly length: number;
  readonly offset: number;
  readonly mayHaveNulls: boolean;
  /** The words that a dictionary column points to, stored as said. */
  words(stored: ArrowField): readonly unknown[] | undefined;
  child(index: number): ArrowSource | undefined;
  /** A part of a buffer; undefined where there is none, or less of it. */
  bytes(index: number, start: number, end: number): Buffer | undefined;
}

type IsNull = (index: number) => boolean;

/**
 * `count` cells from `start` of an array, which may itself begin at an offset.
 *
 * @throws DativoError DTV_ARROW_INVALID; UnfitValue for a value that no cell holds exactly
 */
export function readCells(array: ArrowSource, field: ArrowField, start: number, count: number): unknown[] {
  const first = array.offset + start;
  const isNull = nullsOf(array, first, count);
  const cells = field.dictionary
    ? readDictionary(array, field, field.dictionary, first, count, isNull)
    : readValues(array, field, first, count, isNull);
  return isNull ? cells.map((cell, i) => (isNull(i) ? null : cell)) : cells;
}

function readDictionary(
  array: ArrowSource,
  field: ArrowField,
  values: ArrowField,
  first: number,
  count: number,
  isNull?: IsNull,
): unknown[] {
  const keys = readValues(array, field, first, count, isNull);
  const words = readWords(array, field, values, keys);
  return keys.map((key) => {
    if (key === null || Number(key) in words) return words[Number(key)];
    return invalid(field, `points to word ${key} of a dictionary of ${words.length}`);
  });
}

/** An unfit word is told by the first value that points to it. */
function readWords(array: ArrowSource, field: ArrowField, values: ArrowField, keys: unknown[]): readonly unknown[] {
  try {
    return array.words(values) ?? invalid(field, "has no dictionary");
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    throw new UnfitValue(Math.max(0, keys.map(Number).indexOf(error.index)), error.message);
  }
}

/** An array that says how many nulls it has must have a bitmap; one that does not say may have none of either. */
function nullsOf(array: ArrowSource, first: number, count: number): IsNull | undefined {
  const bits = array.mayHaveNulls ? array.bytes(0, first >> 3, (first + count + 7) >> 3) : undefined;
  return bits && ((index) => !bitAt(bits, index + (first & 7)));
}

function bitAt(bits: Buffer, index: number): boolean {
  return (((bits[index >> 3] as number) >> (index & 7)) & 1) === 1;
}

function readValues(array: ArrowSource, field: ArrowField, first: number, count: number, isNull?: IsNull): unknown[] {
  const { storage } = field;
  switch (storage.kind) {
    case "bits":
      return readBits(array, field, first, count);
    case "bytes":
      return readBytes(array, field, storage, first, count);
    case "json":
      return readJson(array, field, first, count, isNull);
    case "views":
      return readViews(array, field, storage.text, first, count, isNull);
    case "list":
      return readLists(array, field, storage.offsets, first, count);
    case "fixed_list":
      return readFixedLists(array, field, storage.items, first, count);
    case "null":
      return new Array<null>(count).fill(null);
    case "struct":
      return readStructs(array, field, first, count);
    default:
      return readFixed(array, field, storage, first, count, isNull);
  }
}

function readBits(array: ArrowSource, field: ArrowField, first: number, count: number): boolean[] {
  const bits = count === 0 ? EMPTY : need(array, field, 1, first >> 3, (first + count + 7) >> 3);
  return Array.from({ length: count }, (_, i) => bitAt(bits, i + (first & 7)));
}

type Bytes = Extract<Storage, { kind: "bytes" }>;

/** What lies under a null may be anything, and is not looked at. */
function readFixed(
  array: ArrowSource,
  field: ArrowField,
  storage: FixedStorage,
  first: number,
  count: number,
  isNull: IsNull = () => false,
): unknown[] {
  const { bytes: width } = storage;
  const read = cellReader(storage, field.type);
  const bytes = need(array, field, 1, first * width, (first + count) * width);
  return Array.from({ length: count }, (_, i) => {
    const cell = isNull(i) ? null : read(bytes, i * width);
    if (cell instanceof Inexact) throw new UnfitValue(i, cell.reason);
    return cell;
  });
}

function readOffsets(array: ArrowSource, field: ArrowField, width: 4 | 8, first: number, count: number): number[] {
  if (count === 0) return [0];
  const bytes = need(array, field, 1, first * width, (first + count + 1) * width);
  const offsets = Array.from({ length: count + 1 }, (_, i) =>
    width === 4 ? bytes.readInt32LE(i * 4) : Number(bytes.readBigInt64LE(i * 8)),
  );
  const sane = offsets.every((offset, i) => offset >= (offsets[i - 1] ?? 0));
  return sane ? offsets : invalid(field, "has offsets that go backwards");
}

const JSON_TEXT: Bytes = { kind: "bytes", offsets: 4, text: true };

function readBytes(array: ArrowSource, field: ArrowField, storage: Bytes, first: number, count: number): unknown[] {
  const offsets = readOffsets(array, field, storage.offsets, first, count);
  const base = offsets[0] as number;
  const bytes = need(array, field, 2, base, offsets[count] as number);
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [(offsets[i] as number) - base, (offsets[i + 1] as number) - base];
    return storage.text ? bytes.toString("utf8", from, to) : new Uint8Array(bytes.subarray(from, to));
  });
}

function readJson(array: ArrowSource, field: ArrowField, first: number, count: number, isNull?: IsNull): unknown[] {
  return readBytes(array, field, JSON_TEXT, first, count).map((text, i) => {
    if (isNull?.(i)) return null;
    try {
      return parseJson(text as string);
    } catch {
      return invalid(field, "holds text that is not JSON");
    }
  });
}

function readLists(array: ArrowSource, field: ArrowField, width: 4 | 8, first: number, count: number): unknown[][] {
  const offsets = readOffsets(array, field, width, first, count);
  const base = offsets[0] as number;
  const cells = ofList(
    () => readChild(array, field, 0, base, (offsets[count] as number) - base),
    (item) => offsets.findLastIndex((offset) => offset - base <= item),
  );
  return Array.from({ length: count }, (_, i) =>
    cells.slice((offsets[i] as number) - base, (offsets[i + 1] as number) - base),
  );
}

function readFixedLists(array: ArrowSource, field: ArrowField, items: number, first: number, count: number) {
  const cells = ofList(
    () => readChild(array, field, 0, first * items, count * items),
    (item) => Math.floor(item / items),
  );
  return Array.from({ length: count }, (_, i) => cells.slice(i * items, (i + 1) * items));
}

/** An unfit item is told by the list that it is in. */
function ofList<T>(read: () => T, listOf: (item: number) => number): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UnfitValue ? new UnfitValue(listOf(error.index), error.message) : error;
  }
}

function readStructs(array: ArrowSource, field: ArrowField, first: number, count: number): unknown[] {
  const members = field.children.map((child, i) => ({
    name: child.name,
    cells: readChild(array, field, i, first, count),
  }));
  return Array.from({ length: count }, (_, row) => {
    const object: Record<string, unknown> = Object.create(null);
    for (const { name, cells } of members) object[name] = cells[row];
    return object;
  });
}

function readChild(array: ArrowSource, field: ArrowField, index: number, first: number, count: number): unknown[] {
  const child = array.child(index);
  if (!child || child.length < first + count) return invalid(field, "has less inside than it says");
  return readCells(child, field.children[index] as ArrowField, first, count);
}

const EMPTY = Buffer.alloc(0);

/** A part of a buffer that must be there. */
export function need(array: ArrowSource, field: ArrowField, index: number, start: number, end: number): Buffer {
  if (start === end) return EMPTY;
  return array.bytes(index, start, end) ?? invalid(field, "has less memory than its length needs");
}

export function invalid({ name }: ArrowField, why: string): never {
  throw new DativoError("DTV_ARROW_INVALID", `Column '${name}' ${why}`, { culprit: name });
}
