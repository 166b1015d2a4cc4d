import { COMPRESSIONS, DEFAULT_UNPACKING, type Unpacking } from "../compression.ts";
import { o, parseOptions } from "../options.ts";

const MIB = 1024 * 1024;

/** The options of readers of formats that are read in order: files of those can be compressed as a whole. */
export const unpackingOptions = {
  compression: o
    .enum(["auto", "none", ...COMPRESSIONS])
    .default(DEFAULT_UNPACKING.compression)
    .describe(
      "How the files are compressed; `auto` tells gzip and zstd by their first bytes, brotli by the name (.br)",
    ),
  max_compression_ratio: o
    .int()
    .min(1)
    .default(DEFAULT_UNPACKING.maxRatio)
    .describe("A file that becomes more than this many times as large is refused, once it has become 1 MiB"),
  max_decompressed_mb: o
    .number()
    .positive()
    .default(DEFAULT_UNPACKING.maxBytes / MIB)
    .describe("A compressed file that becomes more than this many MiB is refused"),
};

const schema = o.object(unpackingOptions);

export type UnpackingOptions = { [K in keyof o.input<typeof schema>]?: o.input<typeof schema>[K] | undefined };

/** @throws DativoError DTV_OPTION_INVALID */
export function parseUnpacking(given: object, owner: string): Unpacking {
  const { compression, max_compression_ratio, max_decompressed_mb } = parseOptions(schema, given, owner);
  return { compression, maxRatio: max_compression_ratio, maxBytes: max_decompressed_mb * MIB };
}
