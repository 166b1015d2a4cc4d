import type { EncodeContext, Format } from "../../contract/format.ts";
import { parseOptions } from "../../contract/options.ts";
import { refuseField } from "../refuse-field.ts";
import { countParquet } from "./decode/count-records.ts";
import { decodeParquet } from "./decode/decode-parquet.ts";
import { planParquet } from "./decode/native-plan.ts";
import { ParquetEncoder } from "./encode/parquet-encoder.ts";
import { parquetDecodeOptions, parquetEncodeOptions } from "./parquet-options.ts";

/**
 * Apache Parquet (https://parquet.apache.org/docs/file-format/), read and written in JavaScript.
 *
 * Reading and writing each import their own libraries at first use, so that who only reads
 * does not pay for the writer.
 */
export const parquetFormat: Format = {
  name: "parquet",
  extension: "parquet",
  native: "parquet",
  decodeOptions: parquetDecodeOptions,
  encodeOptions: parquetEncodeOptions,
  decodeAt: decodeParquet,
  planNative: planParquet,
  countAt: (bytes, _options, { source }) => countParquet(bytes, source),
  refuses: (field) => refuseField(field, "an object without properties has no place in a Parquet file"),
  encoder: (options: unknown, context: EncodeContext) =>
    new ParquetEncoder(parseOptions(parquetEncodeOptions, options ?? {}, "parquet writer"), context),
};
