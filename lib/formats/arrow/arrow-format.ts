import type { Format } from "../../contract/format.ts";
import { parseOptions } from "../../contract/options.ts";
import { ArrowDecoder } from "./arrow-decoder.ts";
import { ArrowEncoder } from "./arrow-encoder.ts";
import { arrowDecodeOptions, arrowEncodeOptions, arrowStreamEncodeOptions } from "./arrow-options.ts";
import { decodeArrow } from "./decode-arrow.ts";

/**
 * Apache Arrow (https://arrow.apache.org/docs/format/Columnar.html): the IPC file, which is also Feather version 2, and
 * on asking the IPC stream. Reading takes both.
 */
export const arrowFormat: Format = {
  name: "arrow",
  extension: "arrow",
  decodeOptions: arrowDecodeOptions,
  encodeOptions: arrowEncodeOptions,
  decodeAt: (bytes, options, context) =>
    decodeArrow(bytes, parseOptions(arrowDecodeOptions, options ?? {}, "arrow"), context),
  asyncDecoder: (options, context) =>
    new ArrowDecoder(parseOptions(arrowDecodeOptions, options ?? {}, "arrow"), context),
  encoder: (options, context) =>
    new ArrowEncoder(context, parseOptions(arrowEncodeOptions, options ?? {}, "arrow").form),
};

/** The IPC stream, for pipes and for who reads from the beginning. */
export const arrowStreamFormat: Format = {
  ...arrowFormat,
  name: "arrow_stream",
  extension: "arrows",
  encodeOptions: arrowStreamEncodeOptions,
  encoder: (options, context) =>
    new ArrowEncoder(context, parseOptions(arrowStreamEncodeOptions, options ?? {}, "arrow_stream").form),
};
