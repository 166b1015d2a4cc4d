/**
 * Tables of FlatBuffers (https://flatbuffers.dev/internals): a table has the offset of its fields in a vtable before it,
 * and a vector its count in front. The library that writes them reads without looking at bounds; this one, which reads
 * what others wrote, throws for all that lies outside of the message.
 */
import { must } from "../fault.ts";

export interface Vector {
  readonly start: number;
  readonly count: number;
}

export class FlatTable {
  readonly view: DataView;
  readonly #start: number;
  readonly #vtable: number;

  /** The table that the bytes hold. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  private constructor(view: DataView, start: number) {
    this.view = view;
    this.#start = start;
    this.#vtable = start - view.getInt32(start, true);
  }

  byte(slot: number, otherwise = 0): number {
    const place = this.#place(slot);
    return place === undefined ? otherwise : this.view.getUint8(place);
  }

  short(slot: number, otherwise = 0): number {
    const place = this.#place(slot);
    return place === undefined ? otherwise : this.view.getInt16(place, true);
  }

  int(slot: number, otherwise = 0): number {
    const place = this.#place(slot);
    return place === undefined ? otherwise : this.view.getInt32(place, true);
  }

  /** A length or count: none is negative or beyond what a number holds. */
  long(slot: number): number {
    const place = this.#place(slot);
    return place === undefined ? 0 : this.longAt(place);
  }

  longAt(place: number): number {
    const value = Number(this.view.getBigInt64(place, true));
    must(value >= 0 && Number.isSafeInteger(value), `it gives ${value} for a length`);
    return value;
  }

  text(slot: number): string {
    const { start, count } = this.vector(slot, 1);
    return Buffer.from(this.view.buffer, this.view.byteOffset + start, count).toString("utf8");
  }

  table(slot: number): FlatTable | undefined {
    const place = this.#place(slot);
    return place === undefined ? undefined : this.#at(place);
  }

  tables(slot: number): FlatTable[] {
    const { start, count } = this.vector(slot, 4);
    return Array.from({ length: count }, (_, index) => this.#at(start + index * 4));
  }

  /** Where the elements of a vector stand, each `stride` bytes long. */
  vector(slot: number, stride: number): Vector {
    const place = this.#place(slot);
    if (place === undefined) return { start: 0, count: 0 };
    const start = place + this.view.getUint32(place, true) + 4;
    const count = this.view.getUint32(start - 4, true);
    must(start + count * stride <= this.view.byteLength, "a list is longer than its message");
    return { start, count };
  }

  #at(place: number): FlatTable {
    return new FlatTable(this.view, place + this.view.getUint32(place, true));
  }

  #place(slot: number): number | undefined {
    const entry = 4 + slot * 2;
    if (entry >= this.view.getUint16(this.#vtable, true)) return undefined;
    const offset = this.view.getUint16(this.#vtable + entry, true);
    return offset === 0 ? undefined : this.#start + offset;
  }
}
