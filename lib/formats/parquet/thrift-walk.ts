/**
 * Walks over a struct of Thrift's compact protocol without building it, so that a count in damaged bytes is
 * refused before anything is allocated for it. The library that reads the struct afterwards trusts every count.
 */
import { ParquetFault } from "./fault.ts";

/** Structs and lists inside one another; Parquet's own go ten deep. */
const MAX_DEPTH = 32;
/** Bytes of a 64-bit number in groups of seven bits. */
const MAX_VARINT_BYTES = 10;

const BYTE = 3;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** The bytes end inside the struct; with more of them it may be whole. */
export class StructCut extends ParquetFault {}

/**
 * The place after the struct that begins at `start`. `onField` is told of each field of the outermost struct: its
 * id, and the place of its value.
 *
 * @throws ParquetFault for bytes that are no struct, StructCut where they end too early
 */
export function walkStruct(bytes: Uint8Array, start: number, onField?: (id: number, place: number) => void): number {
  const at = { bytes, offset: start };
  skipStruct(at, 0, onField);
  return at.offset;
}

interface Place {
  readonly bytes: Uint8Array;
  offset: number;
}

function skipStruct(at: Place, depth: number, onField?: (id: number, place: number) => void): void {
  let id = 0;
  for (;;) {
    const header = nextByte(at);
    if (header === 0) return;
    const step = header >> 4;
    id = step === 0 ? fromZigZag(varint(at)) : id + step;
    onField?.(id, at.offset);
    skipValue(at, header & 15, depth);
  }
}

function skipValue(at: Place, type: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new ParquetFault("a structure in it is nested too deeply");
  switch (type) {
    case 1:
    case 2:
      return;
    case BYTE:
      skipBytes(at, 1);
      return;
    case 4:
    case 5:
    case 6:
      varint(at);
      return;
    case DOUBLE:
      skipBytes(at, 8);
      return;
    case BINARY:
      skipBytes(at, varint(at));
      return;
    case LIST:
      skipList(at, depth);
      return;
    case STRUCT:
      skipStruct(at, depth + 1);
      return;
    default:
      throw new ParquetFault(`a structure in it holds a value of the unknown type ${type}`);
  }
}

function skipList(at: Place, depth: number): void {
  const header = nextByte(at);
  const type = header & 15;
  const size = header >> 4 === 15 ? varint(at) : header >> 4;
  // An element takes a byte at least, so a longer list cannot be whole.
  if (size > at.bytes.length - at.offset) throw new StructCut(`a list in it claims ${size} elements`);
  for (let i = 0; i < size; i++) {
    if (type === 1 || type === 2) skipBytes(at, 1);
    else skipValue(at, type, depth + 1);
  }
}

function varint(at: Place): number {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = nextByte(at);
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return value;
  }
  throw new ParquetFault("a number in it is too long");
}

function fromZigZag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function nextByte(at: Place): number {
  const byte = at.bytes[at.offset++];
  if (byte === undefined) throw new StructCut("a structure in it ends too early");
  return byte;
}

function skipBytes(at: Place, count: number): void {
  if (count > at.bytes.length - at.offset) throw new StructCut("a structure in it ends too early");
  at.offset += count;
}
