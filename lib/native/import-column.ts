import type { ArrowField } from "../formats/arrow/arrow-field.ts";
import { type ArrowSource, readCells } from "../formats/arrow/read-cells.ts";
import { ARROW_ARRAY } from "./layout.ts";
import { copyBytes, copyInto } from "./memory.ts";

/** `count` cells, from `start`, of a column of a struct array of a library: what a row shows, copied out of its memory. */
export function importCells(struct: Buffer, field: ArrowField, index: number, start: number, count: number): unknown[] {
  const rows = new NativeArray(struct);
  return readCells(rows.child(index), field, rows.offset + start, count);
}

/** What {@link importValues} gives: as much of a column as its memory says. */
export interface CountedValues {
  readonly values: BigInt64Array | Int32Array | Float64Array;
  readonly nullCount: number;
  isNull(index: number): boolean;
}

/** The values of a column of a struct array that lie there as a `Column` shows them; undefined for other columns. */
export function importValues(struct: Buffer, field: ArrowField, index: number): CountedValues | undefined {
  const make = field.dictionary ? undefined : arrayFor(field);
  if (!make) return undefined;
  const rows = new NativeArray(struct);
  const array = rows.child(index);
  const first = array.offset + rows.offset;
  const width = make.BYTES_PER_ELEMENT;
  const bytes = array.bytes(1, first * width, (first + rows.length) * width);
  if (!bytes) return undefined;
  // A Buffer may lie anywhere in a pool, and these arrays want their bytes aligned.
  const values = new make(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
  return { values, ...nullsOf(array, first, rows.length) };
}

function nullsOf(array: NativeArray, first: number, count: number): Omit<CountedValues, "values"> {
  const bits = array.mayHaveNulls ? array.bytes(0, first >> 3, (first + count + 7) >> 3) : undefined;
  if (!bits) return { nullCount: 0, isNull: () => false };
  const isNull = (index: number): boolean =>
    (((bits[((first & 7) + index) >> 3] as number) >> ((first + index) & 7)) & 1) === 0;
  let nullCount = 0;
  for (let index = 0; index < count; index++) if (isNull(index)) nullCount++;
  return { nullCount, isNull };
}

function arrayFor({ storage }: ArrowField): typeof BigInt64Array | typeof Int32Array | typeof Float64Array | undefined {
  switch (storage.kind) {
    case "int":
      return storage.bytes === 8 && storage.signed ? BigInt64Array : undefined;
    case "float":
      return storage.bytes === 8 ? Float64Array : undefined;
    case "date":
      return storage.bytes === 4 ? Int32Array : undefined;
    case "ticks":
      return storage.bytes === 8 && storage.perSecond === 1_000_000n ? BigInt64Array : undefined;
    default:
      return undefined;
  }
}

/** An ArrowArray and what its struct says; `check-array.ts` has held it against the schema. */
export class NativeArray implements ArrowSource {
  readonly length: number;
  readonly offset: number;
  readonly #struct: Buffer;

  constructor(struct: Buffer) {
    this.#struct = struct;
    this.length = Number(struct.readBigInt64LE(ARROW_ARRAY.length));
    this.offset = Number(struct.readBigInt64LE(ARROW_ARRAY.offset));
  }

  static at(address: bigint): NativeArray {
    return new NativeArray(copyBytes(address, ARROW_ARRAY.size));
  }

  get nullCount(): number {
    return Number(this.#struct.readBigInt64LE(ARROW_ARRAY.nullCount));
  }

  get mayHaveNulls(): boolean {
    return this.nullCount !== 0;
  }

  /** Whether the array itself, not its children, holds a null. */
  get hasNulls(): boolean {
    const bits = this.mayHaveNulls ? this.bytes(0, this.offset >> 3, (this.offset + this.length + 7) >> 3) : undefined;
    const first = this.offset & 7;
    const isNull = (index: number): boolean =>
      (((bits?.[(first + index) >> 3] ?? 0) >> ((first + index) & 7)) & 1) === 0;
    return bits !== undefined && Array.from({ length: this.length }, (_, index) => index).some(isNull);
  }

  get buffers(): number {
    return Number(this.#struct.readBigInt64LE(ARROW_ARRAY.buffers));
  }

  get children(): number {
    return Number(this.#struct.readBigInt64LE(ARROW_ARRAY.children));
  }

  /** Whether there is a table of pointers to buffers. */
  get hasTable(): boolean {
    return this.#struct.readBigUInt64LE(ARROW_ARRAY.bufferPointers) !== 0n;
  }

  has(buffer: number): boolean {
    return this.#pointer(ARROW_ARRAY.bufferPointers, buffer) !== 0n;
  }

  childAddress(index: number): bigint {
    return this.#pointer(ARROW_ARRAY.childPointers, index);
  }

  get dictionaryAddress(): bigint {
    return this.#struct.readBigUInt64LE(ARROW_ARRAY.dictionary);
  }

  child(index: number): NativeArray {
    return NativeArray.at(this.childAddress(index));
  }

  words(stored: ArrowField): unknown[] | undefined {
    if (this.dictionaryAddress === 0n) return undefined;
    const words = NativeArray.at(this.dictionaryAddress);
    return readCells(words, stored, 0, words.length);
  }

  bytes(index: number, start: number, end: number): Buffer | undefined {
    const address = this.#pointer(ARROW_ARRAY.bufferPointers, index);
    return address === 0n ? undefined : copyBytes(address + BigInt(start), end - start);
  }

  /** Fills `block` from `start` of a buffer on. */
  copyTo(block: Buffer, index: number, start: number): void {
    const address = this.#pointer(ARROW_ARRAY.bufferPointers, index);
    if (address !== 0n) copyInto(block, address + BigInt(start));
  }

  #pointer(table: number, index: number): bigint {
    const address = this.#struct.readBigUInt64LE(table);
    return address === 0n ? 0n : copyBytes(address + BigInt(index * 8), 8).readBigUInt64LE();
  }
}

/** Bytes that the values of the records of a struct array occupy, without what the library keeps beside them. */
export function payloadBytes(struct: Buffer, fields: readonly ArrowField[]): number {
  const rows = new NativeArray(struct);
  return sizeOfAll(rows, fields, rows.offset, rows.length);
}

function sizeOfAll(parent: NativeArray, fields: readonly ArrowField[], start: number, count: number): number {
  return fields.reduce((sum, field, index) => sum + sizeOf(parent, index, field, start, count), 0);
}

/** Of a child, which is looked at only where its type does not tell. */
function sizeOf(parent: NativeArray, index: number, field: ArrowField, start: number, count: number): number {
  const { storage, children } = field;
  switch (storage.kind) {
    case "bits":
      return count / 8;
    case "bytes":
    case "json":
    case "list": {
      const array = parent.child(index);
      const first = array.offset + start;
      const width = storage.kind === "json" ? 4 : storage.offsets;
      const [from, to] = [offsetAt(array, width, first), offsetAt(array, width, first + count)];
      const inner = storage.kind === "list" ? sizeOf(array, 0, children[0] as ArrowField, from, to - from) : to - from;
      return count * width + inner;
    }
    case "struct": {
      const array = parent.child(index);
      return sizeOfAll(array, children, array.offset + start, count);
    }
    case "views":
    case "fixed_list":
    case "null":
      return 0;
    default:
      return count * storage.bytes;
  }
}

/** An offset of a list, or of texts or bytes. */
export function offsetAt(array: NativeArray, width: 4 | 8, index: number): number {
  const bytes = array.bytes(1, index * width, (index + 1) * width);
  if (!bytes) return 0;
  return width === 4 ? bytes.readInt32LE() : Number(bytes.readBigInt64LE());
}
