/** The buffers of a message: parts of its body, each for itself compressed or not (Message.fbs, BodyCompression). */
import { loadZstd, type Zstd } from "../../parquet/zstd.ts";
import { ArrowFault, must } from "../fault.ts";
import type { FlatTable } from "./flat-table.ts";
import { inflateLz4Frame } from "./lz4-frame.ts";
import type { Buffers } from "./read-batch.ts";

export type Inflate = (bytes: Buffer, size: number) => Uint8Array;

const LZ4_FRAME = 0;
const ZSTD = 1;
/** In front of what is compressed; -1 where that is not. */
const LENGTH_BYTES = 8;

/** The buffers that a record batch names. @throws ArrowFault for those that lie outside of the body, or are too large */
export function buffersOf(batch: FlatTable, body: Buffer, limitBytes: number, inflate: Inflate | undefined): Buffers {
  const { start, count } = batch.vector(2, 16);
  let index = 0;
  let left = limitBytes;
  const part = (): Buffer => {
    must(index < count, "a record batch has fewer buffers than its columns need");
    const at = start + index++ * 16;
    const [offset, length] = [batch.longAt(at), batch.longAt(at + 8)];
    must(offset % 8 === 0 || length === 0, "a buffer does not begin at a multiple of eight");
    must(offset + length <= body.length, "a buffer ends behind the body of its message");
    return body.subarray(offset, offset + length);
  };
  const expand = (bytes: Buffer): Buffer => {
    if (!inflate || bytes.length === 0) return bytes;
    must(bytes.length >= LENGTH_BYTES, "a compressed buffer is cut short");
    const size = Number(bytes.readBigInt64LE());
    const data = bytes.subarray(LENGTH_BYTES);
    if (size === -1) return data;
    must(size >= 0 && size <= left, `a compressed buffer claims ${size} bytes, more than the limit leaves`);
    left -= size;
    return size === 0 ? data.subarray(0, 0) : inflated(inflate, data, size);
  };
  return {
    next: () => {
      const bytes = expand(part());
      return bytes.length === 0 ? undefined : bytes;
    },
  };
}

function inflated(inflate: Inflate, data: Buffer, size: number): Buffer {
  let bytes: Uint8Array;
  try {
    bytes = inflate(data, size);
  } catch (cause) {
    throw new ArrowFault("a compressed buffer is broken", { cause });
  }
  must(bytes.length === size, `a compressed buffer has ${bytes.length} bytes where ${size} are said`);
  // Columns want their memory aligned, and what a library gives may lie anywhere in its own.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
  return Buffer.from(aligned.buffer, aligned.byteOffset, aligned.byteLength);
}

let zstd: Zstd | undefined;

/** Loads the codec that is not there at once. */
export async function loadCodecs(): Promise<void> {
  zstd = await loadZstd();
}

/** How the buffers of a record batch are inflated; undefined where they are not compressed. */
export function inflateOf(batch: FlatTable): Inflate | undefined {
  const compression = batch.table(3);
  if (!compression) return undefined;
  const [codec, method] = [compression.byte(0), compression.byte(1)];
  if (method === 0 && codec === LZ4_FRAME) return inflateLz4Frame;
  if (method === 0 && codec === ZSTD && zstd) return zstd.decompress;
  throw new ArrowFault(`it is compressed in a way that is not read here (codec ${codec})`, {
    hint: "Write it again without compression.",
  });
}
