import type { DecodeContext, Decoder, EncodeContext, Encoder, Format } from "../../contract/format.ts";
import { parseOptions } from "../../contract/options.ts";
import { compressed } from "../compression/compress.ts";
import { compressionSuffix } from "../compression/compression-options.ts";
import { ObjectDecoder } from "../jsonl/object-decoder.ts";
import { DocumentScanner } from "./document-scanner.ts";
import { JsonEncoder } from "./json-encoder.ts";
import { jsonDecodeOptions, jsonEncodeOptions, namesOf } from "./json-options.ts";

/**
 * A JSON document with an array of objects in it, in UTF-8; read as a stream, whatever its length.
 *
 * A record is as in JSON Lines, and rejected for the same reasons. What is wrong with the document around the records
 * ends the run, since nobody can tell then where they stand.
 */
export const jsonFormat: Format = {
  name: "json",
  native: "json",
  extension: "json",
  suffix: compressionSuffix,
  decodeOptions: jsonDecodeOptions,
  encodeOptions: jsonEncodeOptions,
  decoder: createDecoder,
  encoder: createEncoder,
};

function createDecoder(options: unknown, context: DecodeContext): Decoder {
  const { path, single_object, max_record_bytes } = parseOptions(jsonDecodeOptions, options ?? {}, "json");
  const { source, batchRows: capacity } = context;
  const fixed = { source, capacity, names: namesOf(path), isSingleTaken: single_object, maxBytes: max_record_bytes };
  return new ObjectDecoder(context, {
    maxRecordBytes: max_record_bytes,
    scanner: (position) => new DocumentScanner({ ...fixed, position }),
  });
}

function createEncoder(options: unknown, context: EncodeContext): Encoder {
  const parsed = parseOptions(jsonEncodeOptions, options ?? {}, "json");
  return compressed(new JsonEncoder(parsed, context), parsed);
}
