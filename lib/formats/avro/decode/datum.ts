import { Unfit } from "../../parquet/decode/unfit.ts";
import { AvroFault, OutOfBytes } from "../fault.ts";

/** What a value costs besides its bytes: the slot that it is in, and its header where it is an object. */
export const SLOT_BYTES = 8;
const OBJECT_BYTES = 64;
const BYTES_OBJECT_BYTES = 192;

/** Items without bytes that a block may have, besides one for each of its bytes: a count of them costs nothing to write. */
const FREE_ITEMS = 65_536;
const MAX_DEPTH = 100;

const MAX_VARINT_BYTES = 10;
const MAX_INT32 = 2 ** 31 - 1;
/** A high part below this makes, with a low one of 28 bits, a number that is exact. */
const SAFE_HIGH = 2 ** 26;

/**
 * The values of a block, one after the other (Avro specification, "Binary Encoding"). Nothing that is read is believed
 * before there are bytes for it.
 */
export class Datum {
  readonly bytes: Buffer;
  at = 0;
  /** Why a value of the record at hand has no cell; the record is read to its end all the same. */
  unfit: string | undefined;
  readonly #mostWeight: number;
  #weight = 0;
  #freeItems: number;
  #depth = 0;

  /** @param mostWeight memory that the cells of one record may take */
  constructor(bytes: Buffer, mostWeight: number) {
    this.bytes = bytes;
    this.#mostWeight = mostWeight;
    this.#freeItems = FREE_ITEMS + bytes.length;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Memory that the cells of the last record take, about; the next is weighed anew. */
  takeWeight(): number {
    const weight = this.#weight;
    this.#weight = 0;
    return weight;
  }

  readByte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new OutOfBytes();
    return byte;
  }

  /** A long, which is a bigint where no number is exact. */
  readLong(): number | bigint {
    const byte = this.bytes[this.at] as number;
    if (!(byte < 128)) return this.#readLongLong();
    this.at++;
    return (byte >>> 1) ^ -(byte & 1);
  }

  readInt(): number {
    const value = this.readLong();
    if (typeof value === "number" && value <= MAX_INT32 && value >= -MAX_INT32 - 1) return value;
    throw new AvroFault(`an int is ${value}, which has more than 32 bits`);
  }

  /** The number of a branch, symbol or truth value. */
  readIndex(count: number, what: string): number {
    const index = this.readLong();
    if (typeof index === "number" && index >= 0 && index < count) return index;
    throw new AvroFault(`${what} ${index} is asked for, where there are ${count}`);
  }

  /** Moves over some bytes and tells where they began. */
  take(length: number): number {
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new OutOfBytes();
    return start;
  }

  /** Moves over bytes that say their length first, as {@link take}. */
  takeSized(): number {
    const length = this.readLong();
    if (typeof length === "number" && length >= 0 && length <= this.left) return this.take(length);
    if (length < 0) throw new AvroFault(`a value claims ${length} bytes`);
    throw new OutOfBytes();
  }

  /** Text in UTF-16 takes two bytes for each of its own at most. */
  weighText(length: number): void {
    this.weigh(OBJECT_BYTES + 2 * length);
  }

  weighBytes(length: number): void {
    this.weigh(BYTES_OBJECT_BYTES + length);
  }

  weighObject(members: number): void {
    this.weigh(OBJECT_BYTES + members * SLOT_BYTES);
  }

  weigh(bytes: number): void {
    this.#weight += bytes;
    if (this.#weight <= this.#mostWeight) return;
    throw new AvroFault(`a record takes more than ${this.#mostWeight} bytes of memory`, {
      code: "DTV_RECORD_TOO_LARGE",
      hint: "If the record is meant to be this large, raise max_block_bytes.",
    });
  }

  /** The number of items, each of at least `width` bytes, that come next in a list; 0 at its end. */
  readCount(width: number): { readonly count: number; readonly end: number | undefined } {
    const said = this.readLong();
    if (said === 0) return { count: 0, end: undefined };
    // A count below zero is followed by the size of the items, for readers that pass over them.
    const size = said < 0 ? this.readLong() : undefined;
    const count = said < 0 ? -said : said;
    if (typeof count !== "number" || count * width > this.left) {
      throw new AvroFault(`a list claims ${count} items, where ${this.left} bytes are left`);
    }
    if (width === 0) this.#spendItems(count);
    this.weigh(count * SLOT_BYTES);
    return { count, end: size === undefined ? undefined : this.at + Number(size) };
  }

  /** Whether a list ends where it said, if it said anything. */
  expect(end: number | undefined): void {
    if (end !== undefined && end !== this.at) throw new AvroFault("a list has not the size that it claims");
  }

  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new AvroFault(`a value is nested deeper than ${MAX_DEPTH} levels`);
  }

  leave(): void {
    this.#depth--;
  }

  /** A cell; what cannot be one is noted. */
  settle(cell: unknown): unknown {
    if (!(cell instanceof Unfit)) return cell;
    this.unfit ??= cell.reason;
    return null;
  }

  #spendItems(count: number): void {
    this.#freeItems -= count;
    if (this.#freeItems < 0) throw new AvroFault(`a list claims ${count} items that take no bytes`);
  }

  /** By parts of 28 bits, so that a bigint is made only where a number would not do. */
  #readLongLong(): number | bigint {
    let low = 0;
    let high = 0;
    let top = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.readByte();
      const bits = byte & 127;
      if (i < 4) low |= bits << (7 * i);
      else if (i < 8) high |= bits << (7 * (i - 4));
      else top |= bits << (7 * (i - 8));
      if (byte < 128) return ofParts(low, high, top);
    }
    throw new AvroFault(`a number has more than ${MAX_VARINT_BYTES} bytes`);
  }
}

/** Undoes the zigzag: 0, -1, 1, -2 … are written as 0, 1, 2, 3 … */
function ofParts(low: number, high: number, top: number): number | bigint {
  if (top === 0 && high < SAFE_HIGH) {
    const half = high * 2 ** 27 + (low >>> 1);
    const value = (low & 1) === 1 ? -half - 1 : half;
    return Number.isSafeInteger(value) ? value : BigInt(value);
  }
  if (top > 255) throw new AvroFault("a number has more than 64 bits");
  const bits = (BigInt(top) << 56n) | (BigInt(high) << 28n) | BigInt(low);
  return (bits >> 1n) ^ -(bits & 1n);
}
