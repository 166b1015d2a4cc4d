import type { Format } from "../../contract/format.ts";
import { parseOptions } from "../../contract/options.ts";
import { JsonlDecoder } from "./jsonl-decoder.ts";
import { JsonlEncoder } from "./jsonl-encoder.ts";
import { jsonlDecodeOptions, jsonlEncodeOptions } from "./jsonl-options.ts";

/**
 * JSON Lines: one object a line, in UTF-8.
 *
 * Numbers are exact both ways; a name with the form of an array index (`"7"`) comes before the others, as in every
 * JavaScript object. A file without records is valid.
 */
export const jsonlFormat: Format = {
  name: "jsonl",
  extension: "jsonl",
  isAppendable: true,
  decodeOptions: jsonlDecodeOptions,
  encodeOptions: jsonlEncodeOptions,
  decoder: (options, context) => new JsonlDecoder(parseOptions(jsonlDecodeOptions, options ?? {}, "jsonl"), context),
  encoder: (options, context) => new JsonlEncoder(parseOptions(jsonlEncodeOptions, options ?? {}, "jsonl"), context),
};
