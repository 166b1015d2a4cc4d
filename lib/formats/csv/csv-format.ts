import type { EncodeContext, Encoder, Format } from "../../contract/format.ts";
import { parseOptions } from "../../contract/options.ts";
import { compressed } from "../compression/compress.ts";
import { compressionSuffix } from "../compression/compression-options.ts";
import { CsvCounter } from "./csv-counter.ts";
import { CsvDecoder } from "./csv-decoder.ts";
import { CsvEncoder } from "./csv-encoder.ts";
import { csvDecodeOptions, csvEncodeOptions } from "./csv-options.ts";

/**
 * Delimited text.
 *
 * Fields are read as text; types come later, from a contract. A blank line is no record, in a table of one column
 * either. Reading takes `""` and an empty field alike, by default both for no value; writing keeps them apart.
 */
export const csvFormat: Format = {
  name: "csv",
  extension: "csv",
  suffix: compressionSuffix,
  isAppendable: true,
  native: "csv",
  decodeOptions: csvDecodeOptions,
  encodeOptions: csvEncodeOptions,
  decoder: (options, context) => new CsvDecoder(parseOptions(csvDecodeOptions, options ?? {}, "csv"), context),
  counter: (options, context) => new CsvCounter(parseOptions(csvDecodeOptions, options ?? {}, "csv"), context),
  encoder: createEncoder,
};

function createEncoder(options: unknown, context: EncodeContext): Encoder {
  const parsed = parseOptions(csvEncodeOptions, options ?? {}, "csv");
  return compressed(new CsvEncoder(parsed, context), parsed);
}
