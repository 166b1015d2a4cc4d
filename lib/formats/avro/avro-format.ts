import type { Format } from "../../contract/format.ts";
import { parseOptions } from "../../contract/options.ts";
import { refuseField } from "../refuse-field.ts";
import { avroDecodeOptions, avroEncodeOptions } from "./avro-options.ts";
import { AvroDecoder } from "./decode/avro-decoder.ts";
import { AvroEncoder } from "./encode/avro-encoder.ts";

/** Apache Avro object container files (https://avro.apache.org/docs/1.12.0/specification/), read and written in JavaScript. */
export const avroFormat: Format = {
  name: "avro",
  extension: "avro",
  decodeOptions: avroDecodeOptions,
  encodeOptions: avroEncodeOptions,
  asyncDecoder: (options, context) =>
    new AvroDecoder(parseOptions(avroDecodeOptions, options ?? {}, "avro reader"), context),
  refuses: (field) => refuseField(field, "an object without properties takes no bytes in an Avro file"),
  encoder: (options, context) =>
    new AvroEncoder(parseOptions(avroEncodeOptions, options ?? {}, "avro writer"), context),
};
