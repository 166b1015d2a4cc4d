import zlib from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import type { ParquetEncodeOptions } from "../parquet-options.ts";
import { loadZstd } from "../zstd.ts";

type Library = typeof import("hyparquet-writer");
type Unconvert = typeof import("hyparquet-writer/src/unconvert.js")["unconvertMinMax"];
type Compress = (bytes: Uint8Array) => Uint8Array;

/** What writing needs: the classes of hyparquet-writer and the codec that was chosen. */
export interface WriterLibrary {
  readonly ParquetWriter: Library["ParquetWriter"];
  readonly ByteWriter: Library["ByteWriter"];
  /** The bytes of a bound, cut to what a footer keeps. */
  readonly unconvertMinMax: Unconvert;
  readonly codec: CompressionCodec;
  readonly compressors: { readonly [K in CompressionCodec]?: Compress };
}

/** The fastest level, which costs a few percent of size against the default 3. */
const ZSTD_LEVEL = 1;
const GZIP_LEVEL = 6;

/** Loads hyparquet-writer at first use: importing it costs about 30 ms. */
export async function loadWriterLibrary(
  options: Pick<ParquetEncodeOptions, "compression" | "compression_level">,
): Promise<WriterLibrary> {
  const [{ ParquetWriter, ByteWriter }, { unconvertMinMax }, codec] = await Promise.all([
    import("hyparquet-writer"),
    import("hyparquet-writer/src/unconvert.js"),
    loadCodec(options),
  ]);
  return { ParquetWriter, ByteWriter, unconvertMinMax, ...codec };
}

async function loadCodec({
  compression,
  compression_level: level,
}: Pick<ParquetEncodeOptions, "compression" | "compression_level">): Promise<
  Pick<WriterLibrary, "codec" | "compressors">
> {
  switch (compression) {
    case "zstd": {
      const zstd = await loadZstd();
      return { codec: "ZSTD", compressors: { ZSTD: (bytes) => zstd.compress(bytes, level ?? ZSTD_LEVEL) } };
    }
    case "gzip":
      return {
        codec: "GZIP",
        compressors: { GZIP: (bytes) => zlib.gzipSync(bytes, { level: level ?? GZIP_LEVEL }) },
      };
    case "snappy":
      return { codec: "SNAPPY", compressors: {} };
    case "none":
    case "uncompressed":
      return { codec: "UNCOMPRESSED", compressors: {} };
  }
}
