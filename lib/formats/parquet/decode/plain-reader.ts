/** Values one after another (Encodings.md, "PLAIN = 0"). */
import { ParquetFault } from "../fault.ts";
import type { ByteCell, CellMaker } from "./leaf.ts";

/** Hands out the values of one page, nulls left out, as cells. */
export interface ValueReader {
  /** @throws ParquetFault when the page has fewer values */
  read(count: number): unknown[];
}

/** Reads `bytes` from `start` on. */
export function plainReader(maker: CellMaker, bytes: Buffer, start: number): ValueReader {
  switch (maker.physical) {
    case "BOOLEAN":
      return new BooleanReader(bytes, start);
    case "INT32":
      return new FixedWidthReader(bytes, start, 4, (raw) => maker.toCells(new Int32Array(raw)));
    case "INT64":
      return new FixedWidthReader(bytes, start, 8, (raw) => maker.toCells(new BigInt64Array(raw)));
    case "FLOAT":
      return new FixedWidthReader(bytes, start, 4, (raw) => numbersOf(new Float32Array(raw)));
    case "DOUBLE":
      return new FixedWidthReader(bytes, start, 8, (raw) => numbersOf(new Float64Array(raw)));
    case "BYTE_ARRAY":
      return new ByteArrayReader(bytes, start, maker.toCell);
    case "FIXED":
      return new FixedBytesReader(bytes, start, maker.width, maker.toCell);
  }
}

/** Bytes that each value takes at least, for a check of a count before it is believed. */
export function leastBytes(maker: CellMaker): number {
  switch (maker.physical) {
    case "BOOLEAN":
      return 1 / 8;
    case "INT64":
    case "DOUBLE":
      return 8;
    case "FIXED":
      return maker.width;
    default:
      return 4;
  }
}

class BooleanReader implements ValueReader {
  readonly #bytes: Buffer;
  #bit: number;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#bit = start * 8;
  }

  read(count: number): boolean[] {
    if (this.#bit + count > this.#bytes.length * 8) throw new ParquetFault("a page ends inside its values");
    const cells = new Array<boolean>(count);
    for (let i = 0; i < count; i++, this.#bit++) {
      cells[i] = (((this.#bytes[this.#bit >>> 3] as number) >>> (this.#bit & 7)) & 1) === 1;
    }
    return cells;
  }
}

class FixedWidthReader implements ValueReader {
  readonly #bytes: Buffer;
  readonly #width: number;
  readonly #toCells: (raw: ArrayBuffer) => unknown[];
  #offset: number;

  constructor(bytes: Buffer, start: number, width: number, toCells: (raw: ArrayBuffer) => unknown[]) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#width = width;
    this.#toCells = toCells;
  }

  read(count: number): unknown[] {
    const end = this.#offset + count * this.#width;
    if (end > this.#bytes.length) throw new ParquetFault("a page ends inside its values");
    // A copy stands at an address that a typed array may have; the page does not.
    const raw = new Uint8Array(this.#bytes.subarray(this.#offset, end)).buffer;
    this.#offset = end;
    return this.#toCells(raw);
  }
}

class ByteArrayReader implements ValueReader {
  readonly #bytes: Buffer;
  readonly #toCell: ByteCell;
  #offset: number;

  constructor(bytes: Buffer, start: number, toCell: ByteCell) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#toCell = toCell;
  }

  read(count: number): unknown[] {
    const bytes = this.#bytes;
    const cells = new Array<unknown>(count);
    let offset = this.#offset;
    for (let i = 0; i < count; i++) {
      if (offset + 4 > bytes.length) throw new ParquetFault("a page ends inside its values");
      const start = offset + 4;
      const end = start + bytes.readUInt32LE(offset);
      if (end > bytes.length) throw new ParquetFault("a value is longer than its page");
      cells[i] = this.#toCell(bytes, start, end);
      offset = end;
    }
    this.#offset = offset;
    return cells;
  }
}

class FixedBytesReader implements ValueReader {
  readonly #bytes: Buffer;
  readonly #width: number;
  readonly #toCell: ByteCell;
  #offset: number;

  constructor(bytes: Buffer, start: number, width: number, toCell: ByteCell) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#width = width;
    this.#toCell = toCell;
  }

  read(count: number): unknown[] {
    const end = this.#offset + count * this.#width;
    if (end > this.#bytes.length) throw new ParquetFault("a page ends inside its values");
    const cells = new Array<unknown>(count);
    for (let i = 0, at = this.#offset; i < count; i++, at += this.#width) {
      cells[i] = this.#toCell(this.#bytes, at, at + this.#width);
    }
    this.#offset = end;
    return cells;
  }
}

function numbersOf(raw: Float32Array | Float64Array): number[] {
  const cells = new Array<number>(raw.length);
  for (let i = 0; i < raw.length; i++) cells[i] = raw[i] as number;
  return cells;
}
