/** The codecs of column chunks (Compression.md), each held to the size that the page header promises. */
import zlib from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { snappySize } from "../../compression/snappy-size.ts";
import { ParquetFault } from "../fault.ts";
import { loadZstd } from "../zstd.ts";
import type { Inflate } from "./data-page.ts";
import { inflateLz4, inflateLz4Block } from "./lz4.ts";

type Decompress = (bytes: Buffer, size: number) => Uint8Array;

/** A page this large is believed whatever the footer says; a larger one only if its column chunk is as large. */
const PLAUSIBLE_PAGE_BYTES = 64 * 1024 * 1024;
/** Places of single bits are kept in 32 bits. */
const MAX_PAGE_BYTES = 2 ** 29 - 1;
/** What one byte of LZ4 or Snappy can stand for, at most. */
const MAX_RATIO = 256;

/**
 * A function that inflates the pages of one column chunk.
 *
 * @param chunkBytes size of the whole chunk without compression, as the footer gives it
 * @throws ParquetFault for a codec that is not read
 */
export async function loadInflate(codec: CompressionCodec, chunkBytes: number): Promise<Inflate> {
  const decompress = await loadCodec(codec);
  const most = Math.min(MAX_PAGE_BYTES, Math.max(PLAUSIBLE_PAGE_BYTES, chunkBytes));
  return (bytes, size) => {
    if (size > most) throw new ParquetFault(`a page claims ${size} bytes, more than its column chunk`);
    if (size === 0) return Buffer.alloc(0);
    const page = decompress(bytes, size);
    if (page.length !== size) throw new ParquetFault(`a page has ${page.length} bytes instead of ${size}`);
    return Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  };
}

async function loadCodec(codec: CompressionCodec): Promise<Decompress> {
  switch (codec) {
    case "UNCOMPRESSED":
      return (bytes) => bytes;
    case "GZIP":
      // An output limit keeps a page that lies about its size from growing without end.
      return (bytes, size) => zlib.unzipSync(bytes, { maxOutputLength: size });
    case "BROTLI":
      return (bytes, size) => zlib.brotliDecompressSync(bytes, { maxOutputLength: size });
    case "ZSTD": {
      const zstd = await loadZstd();
      return (bytes, size) => zstd.decompress(bytes, size);
    }
    case "SNAPPY": {
      const { compressors } = await import("hyparquet-compressors");
      const { SNAPPY: decompress } = compressors as Required<typeof compressors>;
      return (bytes, size) => decompress(checkSnappySize(bytes, size), size);
    }
    case "LZ4":
      return (bytes, size) => inflateLz4(checkRatio(bytes, size), size);
    case "LZ4_RAW":
      return (bytes, size) => inflateLz4Block(checkRatio(bytes, size), size);
    default:
  }
  throw new ParquetFault(`it is compressed with ${codec}, which is not read`, {
    hint: "Write it again with zstd, snappy or gzip.",
  });
}

/** The library makes as much room as the page says, unchecked. */
function checkSnappySize(bytes: Buffer, size: number): Buffer {
  const claimed = snappySize(bytes);
  if (claimed === undefined) throw new ParquetFault("a page is no Snappy block");
  if (claimed !== size) throw new ParquetFault(`a page holds ${claimed} bytes where its header says ${size}`);
  return checkRatio(bytes, size);
}

function checkRatio(bytes: Buffer, size: number): Buffer {
  if (size > bytes.length * MAX_RATIO) {
    throw new ParquetFault(`a page of ${bytes.length} compressed bytes claims to hold ${size}`);
  }
  return bytes;
}
