import { o } from "../../contract/options.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** How Avro is read. */
export const avroDecodeOptions = o.strictObject({
  max_block_bytes: o
    .int()
    .min(KIB)
    .max(512 * MIB)
    .default(64 * MIB)
    .describe("A block that is larger, compressed or not, or a record that takes half as much memory, ends the run"),
});

/** The options as a program or a job gives them. */
export type AvroReadOptions = o.input<typeof avroDecodeOptions>;
/** The options with their defaults. */
export type AvroDecodeOptions = o.output<typeof avroDecodeOptions>;

/** How Avro is written. */
export const avroEncodeOptions = o.strictObject({
  compression: o
    .enum(["deflate", "snappy", "zstandard", "zstd", "none"])
    .default("deflate")
    .describe("Codec of the blocks; every reader has `deflate`. `zstd` is another name of `zstandard`"),
  block_size: o
    .int()
    .min(KIB)
    .max(16 * MIB)
    .default(64 * KIB)
    .describe("Bytes of a block before compression, about: it ends with the record that reaches them"),
});

export type AvroWriteOptions = o.input<typeof avroEncodeOptions>;
export type AvroEncodeOptions = o.output<typeof avroEncodeOptions>;
