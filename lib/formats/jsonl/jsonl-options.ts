import { o } from "../../contract/options.ts";
import { checkCompression, compressionOptions } from "../compression/compression-options.ts";

const MIB = 1024 * 1024;

/** How JSON Lines are read. */
export const jsonlDecodeOptions = o.strictObject({
  max_record_bytes: o
    .int()
    .min(1)
    .max(256 * MIB)
    .default(64 * MIB)
    .describe("A longer line ends the run: most often the file is not one object a line"),
});

/** The options as a program or a job gives them. */
export type JsonlReadOptions = o.input<typeof jsonlDecodeOptions>;
/** The options with their defaults. */
export type JsonlDecodeOptions = o.output<typeof jsonlDecodeOptions>;

/** How JSON Lines are written. */
export const jsonlEncodeOptions = o
  .strictObject({
    decimals: o
      .enum(["number", "string"])
      .default("number")
      .describe("Decimals as JSON numbers with all their digits, or as text for readers that would round them"),
    non_finite: o
      .enum(["error", "null", "string"])
      .default("error")
      .describe("NaN and the infinities, which JSON has not: refused, null, or the words NaN, Infinity, -Infinity"),
    ...compressionOptions,
  })
  .superRefine(checkCompression);

export type JsonlWriteOptions = o.input<typeof jsonlEncodeOptions>;
export type JsonlEncodeOptions = o.output<typeof jsonlEncodeOptions>;
