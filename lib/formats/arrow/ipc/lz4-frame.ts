/** LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), whose size Arrow says beside them. */
import { inflateInto } from "../../parquet/decode/lz4.ts";
import { must } from "../fault.ts";

const MAGIC = 0x184d2204;
/** The two highest bits of the first byte of a header. */
const VERSION = 1;
const HAS_BLOCK_CHECKSUMS = 16;
const HAS_SIZE = 8;
const HAS_DICTIONARY = 1;
const IS_STORED = 2 ** 31;

/** Exactly `size` bytes. Checksums are not looked at: a frame that is damaged seldom has that size. */
export function inflateLz4Frame(bytes: Buffer, size: number): Buffer {
  must(bytes.readUInt32LE() === MAGIC, "it is no LZ4 frame");
  const flags = bytes.readUInt8(4);
  must(flags >> 6 === VERSION && (flags & HAS_DICTIONARY) === 0, "its LZ4 frame is of a kind that is not read");
  const out = Buffer.from(new ArrayBuffer(size));
  const checksumBytes = flags & HAS_BLOCK_CHECKSUMS ? 4 : 0;
  let filled = 0;
  // Magic, flags, size of blocks, size of the content where it is said, checksum of all this.
  for (let at = 6 + (flags & HAS_SIZE ? 8 : 0) + 1; ; ) {
    const word = bytes.readUInt32LE(at);
    if (word === 0) break;
    const [start, length] = [at + 4, word % IS_STORED];
    const block = bytes.subarray(start, start + length);
    must(block.length === length, "its LZ4 frame is cut short");
    // A block may point back into those before it.
    if (word >= IS_STORED) filled += block.copy(out, filled);
    else filled = inflateInto(out, filled, block);
    at = start + length + checksumBytes;
  }
  return out.subarray(0, filled);
}
