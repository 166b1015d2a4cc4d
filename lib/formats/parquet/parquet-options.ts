import { o } from "../../contract/options.ts";

/** Larger row groups take too much memory on this path: 337 MB at 50,000 records of ten columns (measured). */
export const MAX_ROW_GROUP_ROWS = 10_000;

const KIB = 1024;
const MIB = 1024 * KIB;
const MAX_LEVEL = { zstd: 22, gzip: 9 } as const;

/** How Parquet is read. */
export const parquetDecodeOptions = o.strictObject({
  columns: o
    .array(o.string())
    .min(1)
    .refine((names) => new Set(names).size === names.length, "names a column twice")
    .optional()
    .describe("Names of the columns to read, in this order; the others are not fetched. Default: all"),
});

/** The options as a program or a job gives them. */
export type ParquetReadOptions = o.input<typeof parquetDecodeOptions>;

/** How Parquet is written. */
export const parquetEncodeOptions = o
  .strictObject({
    compression: o
      .enum(["zstd", "snappy", "gzip", "none", "uncompressed"])
      .default("zstd")
      .describe("Codec of the column chunks; `uncompressed` is another name of `none`"),
    compression_level: o
      .int()
      .min(1)
      .max(MAX_LEVEL.zstd)
      .optional()
      .describe("Level of zstd (1 to 22, default 1) or gzip (1 to 9, default 6)"),
    row_group_size: o
      .int()
      .min(1)
      .default(MAX_ROW_GROUP_ROWS)
      .describe(
        `Records per row group. Natively any number, 131072 by default; in TypeScript at most ${MAX_ROW_GROUP_ROWS}, whatever is asked for`,
      ),
    page_size: o
      .int()
      .min(4 * KIB)
      .max(64 * MIB)
      .default(MIB)
      .describe("Bytes of a data page before compression, about. Natively, unless said, what suits each column"),
    encodings: o
      .enum(["plain", "delta", "split"])
      .default("delta")
      .describe(
        "How values lie in pages, natively. `delta`: numbers as differences, text apart from its lengths, which Spark reads from 3.4 on; `split`: doubles byte by byte as well, which is smaller, and which Spark 4.3 reads and 4.0 does not; `plain`: for every reader. In TypeScript always plain",
      ),
    statistics: o
      .boolean()
      .default(true)
      .describe("Whether least, greatest and count of nulls are kept per column chunk"),
  })
  .superRefine(({ compression, compression_level: level }, context) => {
    if (level === undefined) return;
    const fault = (message: string): void => {
      context.addIssue({ code: "custom", path: ["compression_level"], message });
    };
    if (compression !== "zstd" && compression !== "gzip") fault(`has no meaning for ${compression}`);
    else if (level > MAX_LEVEL[compression]) fault(`is 1 to ${MAX_LEVEL[compression]} for ${compression}`);
  });

export type ParquetWriteOptions = o.input<typeof parquetEncodeOptions>;
/** The options with their defaults. */
export type ParquetEncodeOptions = o.output<typeof parquetEncodeOptions>;
