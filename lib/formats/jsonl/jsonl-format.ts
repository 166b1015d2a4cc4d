import type { DecodeContext, Decoder, EncodeContext, Encoder, Format } from "../../contract/format.ts";
import { parseOptions } from "../../contract/options.ts";
import { compressed } from "../compression/compress.ts";
import { compressionSuffix } from "../compression/compression-options.ts";
import { JsonlCounter } from "./jsonl-counter.ts";
import { JsonlEncoder } from "./jsonl-encoder.ts";
import { jsonlDecodeOptions, jsonlEncodeOptions } from "./jsonl-options.ts";
import { LineScanner } from "./line-scanner.ts";
import { ObjectDecoder } from "./object-decoder.ts";

/**
 * JSON Lines: one object a line, in UTF-8.
 *
 * Numbers are exact both ways; a name with the form of an array index (`"7"`) comes before the others, as in every
 * JavaScript object. A line that repeats a name is rejected, since nothing says which value is meant. A file without
 * records is valid.
 */
export const jsonlFormat: Format = {
  name: "jsonl",
  extension: "jsonl",
  suffix: compressionSuffix,
  isAppendable: true,
  native: "jsonl",
  decodeOptions: jsonlDecodeOptions,
  encodeOptions: jsonlEncodeOptions,
  decoder: createDecoder,
  counter: (options, context) => new JsonlCounter(parseOptions(jsonlDecodeOptions, options ?? {}, "jsonl"), context),
  encoder: createEncoder,
};

function createDecoder(options: unknown, context: DecodeContext): Decoder {
  const { max_record_bytes: maxBytes } = parseOptions(jsonlDecodeOptions, options ?? {}, "jsonl");
  const { source, batchRows: capacity } = context;
  return new ObjectDecoder(context, {
    maxRecordBytes: maxBytes,
    scanner: (position) => new LineScanner({ source, capacity, maxBytes, position }),
  });
}

function createEncoder(options: unknown, context: EncodeContext): Encoder {
  const parsed = parseOptions(jsonlEncodeOptions, options ?? {}, "jsonl");
  return compressed(new JsonlEncoder(parsed, context), parsed);
}
