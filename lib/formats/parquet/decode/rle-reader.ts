/**
 * The run-length / bit-packed hybrid of levels and dictionary indices (Encodings.md, "RLE = 3").
 *
 * It hands out as many values as are asked for: a run that claims a thousand million values costs nothing until
 * somebody wants them.
 */
import { ParquetFault } from "../fault.ts";
import { readBits } from "./read-bits.ts";

const MAX_WIDTH = 32;
const MAX_VARINT_BYTES = 5;

export class RleReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #width: number;
  #offset: number;
  /** Values left of the current run. */
  #left = 0;
  #isPacked = false;
  #value = 0;
  /** Place of the next bit of a packed run. */
  #bit = 0;

  /** Reads `bytes` from `start` up to `end`. Values are `width` bits wide; of width 0 every value is 0. */
  constructor(bytes: Buffer, start: number, end: number, width: number) {
    if (width > MAX_WIDTH) throw new ParquetFault(`it has values of ${width} bits`);
    if (start > end || end > bytes.length) throw new ParquetFault("a page ends inside its levels");
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
    this.#width = width;
  }

  /** Fills the first `count` places of `out`. @throws ParquetFault when there are fewer values */
  read(out: Int32Array, count: number): void {
    if (this.#width === 0) {
      out.fill(0, 0, count);
      return;
    }
    let done = 0;
    while (done < count) {
      if (this.#left === 0) this.#nextRun();
      const take = Math.min(this.#left, count - done);
      if (this.#isPacked) this.#unpack(out, done, take);
      else out.fill(this.#value, done, done + take);
      done += take;
      this.#left -= take;
    }
  }

  #nextRun(): void {
    const header = this.#varint();
    this.#isPacked = header % 2 === 1;
    this.#left = Math.floor(header / 2) * (this.#isPacked ? 8 : 1);
    if (this.#isPacked) {
      this.#bit = this.#offset * 8;
      this.#offset += (this.#left / 8) * this.#width;
      return;
    }
    const size = (this.#width + 7) >> 3;
    if (this.#offset + size > this.#end) throw new ParquetFault("a page ends inside a run of values");
    this.#value = this.#bytes.readUIntLE(this.#offset, size);
    this.#offset += size;
  }

  /** The last group of eight may be cut off after the last value that is there. */
  #unpack(out: Int32Array, from: number, count: number): void {
    const width = this.#width;
    if (this.#bit + count * width > this.#end * 8) throw new ParquetFault("a page ends inside a run of values");
    for (let i = 0; i < count; i++) {
      out[from + i] = readBits(this.#bytes, this.#bit, width);
      this.#bit += width;
    }
  }

  #varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.#offset >= this.#end) break;
      const byte = this.#bytes[this.#offset++] as number;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    throw new ParquetFault("a page has fewer values than it says");
  }
}
