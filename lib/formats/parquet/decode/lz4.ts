/**
 * LZ4 blocks, as LZ4_RAW pages hold them, and the framed ones of the old LZ4 codec (Compression.md, "LZ4").
 *
 * By hand, since the library at hand hands out zeros where a block is shorter than its page header says.
 */
import { ParquetFault } from "../fault.ts";

const MIN_MATCH = 4;
const FRAME_HEADER_BYTES = 8;

/** One block of exactly `size` bytes. @throws ParquetFault for any other */
export function inflateLz4Block(bytes: Buffer, size: number): Buffer {
  const out = Buffer.allocUnsafe(size);
  if (inflateInto(out, 0, bytes) !== size) throw wrongSize(size);
  return out;
}

/** Blocks with Hadoop's frame (two sizes, big end first) around each; files of old Arrow have one bare block. */
export function inflateLz4(bytes: Buffer, size: number): Buffer {
  if (!isFramed(bytes, size)) return inflateLz4Block(bytes, size);
  const out = Buffer.allocUnsafe(size);
  let filled = 0;
  for (let at = 0; at < bytes.length; ) {
    const start = at + FRAME_HEADER_BYTES;
    at = start + bytes.readUInt32BE(at + 4);
    filled = inflateInto(out, filled, bytes.subarray(start, at));
  }
  if (filled !== size) throw wrongSize(size);
  return out;
}

/** Whether frames cover all bytes and make up the size between them. */
function isFramed(bytes: Buffer, size: number): boolean {
  let made = 0;
  let at = 0;
  while (at + FRAME_HEADER_BYTES <= bytes.length) {
    made += bytes.readUInt32BE(at);
    at += FRAME_HEADER_BYTES + bytes.readUInt32BE(at + 4);
  }
  return at === bytes.length && made === size;
}

/** The place in `out` after the last byte. */
export function inflateInto(out: Buffer, from: number, bytes: Buffer): number {
  let to = from;
  let at = 0;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; ) {
      byte = byteAt(bytes, at++);
      length += byte;
    }
    return length;
  };
  while (at < bytes.length) {
    const token = byteAt(bytes, at++);
    const literals = lengthFrom(token >> 4);
    if (literals > bytes.length - at || literals > out.length - to) throw wrongSize(out.length);
    bytes.copy(out, to, at, at + literals);
    to += literals;
    at += literals;
    if (at === bytes.length) break;
    const distance = byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8);
    at += 2;
    const length = lengthFrom(token & 15) + MIN_MATCH;
    if (distance === 0 || distance > to || length > out.length - to) throw wrongSize(out.length);
    // A match may reach into what it writes, so the bytes go one by one.
    for (const end = to + length; to < end; to++) out[to] = out[to - distance] as number;
  }
  return to;
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new ParquetFault("a page ends inside its LZ4 block");
  return byte;
}

function wrongSize(size: number): ParquetFault {
  return new ParquetFault(`a page is no LZ4 block of ${size} bytes`);
}
