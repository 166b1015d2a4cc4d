/** Pages of the delta encodings as cells (Encodings.md, "Delta Encoding" and the two that follow it). */
import { countOf, ParquetFault } from "../fault.ts";
import { DeltaReader } from "./delta-reader.ts";
import type { ByteCell, CellMaker } from "./leaf.ts";
import type { ValueReader } from "./plain-reader.ts";

type IntegerMaker = Extract<CellMaker, { physical: "INT32" | "INT64" }>;

/** Lengths that are unpacked at a time. */
const RUN = 4096;

export class DeltaIntegerReader implements ValueReader {
  readonly #deltas: DeltaReader;
  readonly #maker: IntegerMaker;

  constructor(maker: IntegerMaker, bytes: Buffer, start: number) {
    this.#maker = maker;
    this.#deltas = new DeltaReader(bytes, start);
  }

  read(count: number): unknown[] {
    const raw = new BigInt64Array(count);
    this.#deltas.read(raw, count);
    return this.#maker.physical === "INT64" ? this.#maker.toCells(raw) : this.#maker.toCells(lowHalves(raw));
  }
}

/** All lengths, then all bytes. */
export class DeltaLengthReader implements ValueReader {
  readonly #bytes: Buffer;
  readonly #lengths: Lengths;
  readonly #toCell: ByteCell;
  #offset: number;

  constructor(bytes: Buffer, start: number, most: number, toCell: ByteCell) {
    this.#bytes = bytes;
    this.#lengths = new Lengths(bytes, start, most);
    this.#offset = this.#lengths.end;
    this.#toCell = toCell;
  }

  read(count: number): unknown[] {
    const cells = new Array<unknown>(count);
    for (let i = 0; i < count; i++) {
      const start = this.#offset;
      this.#offset = start + this.#lengths.next();
      if (this.#offset > this.#bytes.length) throw new ParquetFault("a value is longer than its page");
      cells[i] = this.#toCell(this.#bytes, start, this.#offset);
    }
    return cells;
  }
}

/** Each value as the length of what it shares with the one before, and the rest. */
export class DeltaByteArrayReader implements ValueReader {
  readonly #bytes: Buffer;
  readonly #prefixes: Lengths;
  readonly #suffixes: Lengths;
  /** Of every value, where the type fixes it. */
  readonly #width: number | undefined;
  readonly #toCell: ByteCell;
  #offset: number;
  #last: Buffer = Buffer.alloc(0);

  constructor(bytes: Buffer, start: number, most: number, toCell: ByteCell, width?: number) {
    this.#bytes = bytes;
    this.#width = width;
    this.#prefixes = new Lengths(bytes, start, most);
    this.#suffixes = new Lengths(bytes, this.#prefixes.end, most);
    this.#offset = this.#suffixes.end;
    this.#toCell = toCell;
  }

  read(count: number): unknown[] {
    const cells = new Array<unknown>(count);
    for (let i = 0; i < count; i++) {
      const value = this.#next();
      cells[i] = this.#toCell(value, 0, value.length);
    }
    return cells;
  }

  #next(): Buffer {
    const prefix = this.#prefixes.next();
    const start = this.#offset;
    this.#offset = start + this.#suffixes.next();
    if (this.#offset > this.#bytes.length) throw new ParquetFault("a value is longer than its page");
    if (prefix > this.#last.length) throw new ParquetFault("a value shares more than the one before it has");
    const suffix = this.#bytes.subarray(start, this.#offset);
    this.#last = prefix === 0 ? suffix : Buffer.concat([this.#last.subarray(0, prefix), suffix]);
    if (this.#last.length !== (this.#width ?? this.#last.length)) {
      throw new ParquetFault(`a value has ${this.#last.length} bytes instead of ${this.#width}`);
    }
    return this.#last;
  }
}

/** Lengths of byte arrays, read twice: once through to find where the bytes begin, once to hand them out. */
class Lengths {
  readonly end: number;
  readonly #deltas: DeltaReader;
  readonly #run: BigInt64Array = new BigInt64Array(RUN);
  #left: number;
  #at = 0;
  #filled = 0;

  constructor(bytes: Buffer, start: number, most: number) {
    const scout = new DeltaReader(bytes, start);
    this.#left = countOf(scout.count, "number of lengths in a page", most);
    for (let left = scout.count; left > 0; left -= RUN) scout.read(this.#run, Math.min(left, RUN));
    this.end = scout.end;
    this.#deltas = new DeltaReader(bytes, start);
  }

  next(): number {
    if (this.#at === this.#filled) {
      this.#filled = Math.min(this.#left, RUN);
      if (this.#filled === 0) throw new ParquetFault("a page has fewer values than it says");
      this.#deltas.read(this.#run, this.#filled);
      this.#left -= this.#filled;
      this.#at = 0;
    }
    const length = Number(this.#run[this.#at++]);
    if (length < 0) throw new ParquetFault("a value has a negative length");
    return length;
  }
}

function lowHalves(raw: BigInt64Array): Int32Array {
  const halves = new Int32Array(raw.buffer);
  return Int32Array.from({ length: raw.length }, (_, i) => halves[2 * i] as number);
}
