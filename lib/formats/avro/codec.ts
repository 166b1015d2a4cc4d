/** The codecs of blocks (Avro specification, "Required Codecs" and "Optional Codecs"). */
import zlib from "node:zlib";
import { systemCode } from "../../contract/errors.ts";
import { snappySize } from "../compression/snappy-size.ts";
import { loadZstd } from "../parquet/zstd.ts";
import type { AvroEncodeOptions } from "./avro-options.ts";
import { AvroFault } from "./fault.ts";

/** @throws Error for broken bytes, and for more than `most` of them */
export type Decompress = (bytes: Buffer, most: number) => Uint8Array;
export type Compress = (bytes: Uint8Array) => Uint8Array;

/** The fastest level, as for Parquet. */
const ZSTD_LEVEL = 1;
const CRC_BYTES = 4;
/** Blocks of nearly all files are smaller than this, or no more than so many times what they were compressed to. */
const USUAL_BYTES = 256 * 1024;
const USUAL_RATIO = 8;

/** @throws AvroFault for a codec that is not read */
export async function loadDecompress(codec: string): Promise<Decompress> {
  switch (codec) {
    case "null":
      return (bytes) => bytes;
    case "deflate":
      // Old writers leave a part of a checksum behind the data, which is why nothing is said of bytes left over.
      return inflate;
    case "snappy": {
      const { compressors } = await import("hyparquet-compressors");
      const { SNAPPY: decompress } = compressors as Required<typeof compressors>;
      return (bytes, most) => {
        const end = bytes.length - CRC_BYTES;
        const data = decompress(bytes.subarray(0, end), checkedSize(bytes.subarray(0, Math.max(end, 0)), most));
        if (zlib.crc32(data) === bytes.readUInt32BE(end)) return data;
        throw new AvroFault("its checksum is wrong");
      };
    }
    case "zstandard": {
      const zstd = await loadZstd();
      return (bytes, most) => zstd.decompress(bytes, most);
    }
    default:
  }
  throw new AvroFault(`it is compressed with ${codec.slice(0, 40)}, which is not read`, {
    hint: "Write it again with deflate, snappy or zstandard.",
  });
}

export interface NamedCompress {
  /** As the header says it. */
  readonly codec: string;
  readonly compress: Compress;
}

export async function loadCompress(compression: AvroEncodeOptions["compression"]): Promise<NamedCompress> {
  switch (compression) {
    case "none":
      return { codec: "null", compress: (bytes) => bytes };
    case "deflate":
      return { codec: "deflate", compress: (bytes) => zlib.deflateRawSync(bytes) };
    case "snappy": {
      const { snappyCompress } = await import("hyparquet-writer/src/snappy.js");
      return { codec: "snappy", compress: (bytes) => Buffer.concat([snappyCompress(bytes), checksumOf(bytes)]) };
    }
    case "zstandard":
    case "zstd": {
      const zstd = await loadZstd();
      return { codec: "zstandard", compress: (bytes) => zstd.compress(bytes, ZSTD_LEVEL) };
    }
  }
}

/** Into one piece of memory, and one that suits the block: several pieces would be in memory twice to be joined. */
function inflate(bytes: Buffer, most: number): Buffer {
  const usual = Math.max(USUAL_BYTES, USUAL_RATIO * bytes.length);
  try {
    if (usual < most) return zlib.inflateRawSync(bytes, { maxOutputLength: usual, chunkSize: usual });
  } catch (error) {
    if (systemCode(error) !== "ERR_BUFFER_TOO_LARGE") throw error;
  }
  return zlib.inflateRawSync(bytes, { maxOutputLength: most, chunkSize: most });
}

function checksumOf(bytes: Uint8Array): Buffer {
  const checksum = Buffer.alloc(CRC_BYTES);
  checksum.writeUInt32BE(zlib.crc32(bytes));
  return checksum;
}

/** The library makes as much room as the block says, unchecked. */
function checkedSize(bytes: Uint8Array, most: number): number {
  const claimed = snappySize(bytes);
  if (claimed === undefined) throw new AvroFault("it is no Snappy block");
  if (claimed > most) throw new AvroFault(`it claims to hold ${claimed} bytes, more than ${most}`);
  return claimed;
}
