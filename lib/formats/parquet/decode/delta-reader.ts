/** Integers stored as differences (Encodings.md, "DELTA_BINARY_PACKED"), a miniblock at a time. */
import { ParquetFault } from "../fault.ts";
import { readBits } from "./read-bits.ts";

/** Writers use 128 to 2048 values; what is far beyond is damage. */
const MAX_BLOCK = 1 << 20;
const MAX_VARINT_BYTES = 10;

/** Reads values as bigints modulo 2^64; the caller narrows them to the width of the column. */
export class DeltaReader {
  /** Values in all, as the header says. */
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #miniblocks: number;
  readonly #perMiniblock: number;
  #offset: number;
  #left: number;
  #value: bigint;
  #isFirst = true;
  #step = 0n;
  /** Place of the widths of the current block, and the current miniblock in it. */
  #widths = 0;
  #miniblock: number;
  #leftInMiniblock = 0;
  #bit = 0;
  #width = 0;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#offset = start;
    const block = this.#varint();
    this.#miniblocks = this.#varint();
    this.count = this.#varint();
    this.#left = this.count;
    this.#value = this.#zigZag();
    this.#perMiniblock = block / this.#miniblocks;
    this.#miniblock = this.#miniblocks;
    if (block > MAX_BLOCK || !(this.#perMiniblock >= 1) || this.#perMiniblock % 8 !== 0) {
      throw new ParquetFault(`a page has delta blocks of ${block} values in ${this.#miniblocks} parts`);
    }
  }

  /** Place after the last byte; of use once every value is read. */
  get end(): number {
    return this.#offset;
  }

  /** Fills the first `count` places of `out`. @throws ParquetFault when there are fewer values */
  read(out: BigInt64Array, count: number): void {
    if (count > this.#left) throw new ParquetFault("a page has fewer values than it says");
    this.#left -= count;
    let done = 0;
    if (this.#isFirst && count > 0) {
      out[done++] = this.#value;
      this.#isFirst = false;
    }
    while (done < count) {
      if (this.#leftInMiniblock === 0) this.#nextMiniblock();
      const take = Math.min(this.#leftInMiniblock, count - done);
      this.#unpack(out, done, take);
      done += take;
      this.#leftInMiniblock -= take;
    }
  }

  #nextMiniblock(): void {
    if (this.#miniblock === this.#miniblocks) {
      this.#step = this.#zigZag();
      this.#widths = this.#offset;
      this.#offset += this.#miniblocks;
      this.#miniblock = 0;
    }
    this.#width = this.#byteAt(this.#widths + this.#miniblock++);
    if (this.#width > 64) throw new ParquetFault(`a page has differences of ${this.#width} bits`);
    this.#bit = this.#offset * 8;
    this.#offset += (this.#perMiniblock / 8) * this.#width;
    this.#leftInMiniblock = this.#perMiniblock;
  }

  #unpack(out: BigInt64Array, from: number, count: number): void {
    const width = this.#width;
    if (this.#bit + count * width > this.#bytes.length * 8) throw new ParquetFault("a page ends inside its values");
    let value = this.#value;
    for (let i = 0; i < count; i++) {
      value = BigInt.asIntN(64, value + this.#step + this.#difference(width));
      out[from + i] = value;
      this.#bit += width;
    }
    this.#value = value;
  }

  #difference(width: number): bigint {
    if (width === 0) return 0n;
    if (width <= 32) return BigInt(readBits(this.#bytes, this.#bit, width));
    const low = BigInt(readBits(this.#bytes, this.#bit, 32));
    return (BigInt(readBits(this.#bytes, this.#bit + 32, width - 32)) << 32n) | low;
  }

  #varint(): number {
    const value = Number(this.#bigVarint());
    if (!Number.isSafeInteger(value)) throw new ParquetFault("a page has a count that is too large");
    return value;
  }

  #zigZag(): bigint {
    const value = this.#bigVarint();
    return (value >> 1n) ^ -(value & 1n);
  }

  #bigVarint(): bigint {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byteAt(this.#offset++);
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return value;
    }
    throw new ParquetFault("a page has a number that is too long");
  }

  #byteAt(offset: number): number {
    const byte = this.#bytes[offset];
    if (byte === undefined) throw new ParquetFault("a page ends inside its values");
    return byte;
  }
}
