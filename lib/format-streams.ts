/** Formats as Transforms between bytes and batches, for a stock `pipeline()` that reads or writes what it likes. */
import type { Duplex } from "node:stream";
import { FormatStream } from "../writers/stdout/format-stream.ts";
import { type Camel, toSnakeNames } from "./config/option-case.ts";
import { INERT_CONTEXT } from "./contract/context.ts";
import type { ArrowReadOptions, ArrowWriteOptions } from "./formats/arrow/arrow-options.ts";
import type { AvroReadOptions, AvroWriteOptions } from "./formats/avro/avro-options.ts";
import type { CsvReadOptions, CsvWriteOptions } from "./formats/csv/csv-options.ts";
import { FORMATS, type FormatName } from "./formats/formats.ts";
import type { JsonReadOptions, JsonWriteOptions } from "./formats/json/json-options.ts";
import type { JsonlReadOptions, JsonlWriteOptions } from "./formats/jsonl/jsonl-options.ts";
import type { ParquetWriteOptions } from "./formats/parquet/parquet-options.ts";
import { nativeCodecs } from "./plugin/native-builtins.ts";
import { formatStream, parseStream } from "./stream/format-stream.ts";

/**
 * CSV text → batches of text. A record that cannot be read ends the stream, unless somebody listens to the event
 * `rejects`, which gets such records as lists. The same holds for every `…Parse`.
 */
export function csvParse(options: Camel<CsvReadOptions> = {}): Duplex {
  return parse("csv", options);
}

/**
 * Batches, or arrays of records, → CSV text. The columns are those of the first batch; a later one with others is an error.
 * The same holds for every `…Format` but that of JSON Lines, whose records each name their own.
 */
export function csvFormat(options: Camel<CsvWriteOptions> = {}): Duplex {
  return format("csv", options);
}

export function jsonlParse(options: Camel<JsonlReadOptions> = {}): Duplex {
  return parse("jsonl", options);
}

export function jsonlFormat(options: Camel<JsonlWriteOptions> = {}): Duplex {
  return format("jsonl", options);
}

/** A document that holds an array of objects; `path` says where. */
export function jsonParse(options: Camel<JsonReadOptions> = {}): Duplex {
  return parse("json", options);
}

export function jsonFormat(options: Camel<JsonWriteOptions> = {}): Duplex {
  return format("json", options);
}

export function avroParse(options: Camel<AvroReadOptions> = {}): Duplex {
  return parse("avro", options);
}

export function avroFormat(options: Camel<AvroWriteOptions> = {}): Duplex {
  return format("avro", options);
}

export function arrowParse(options: Camel<ArrowReadOptions> = {}): Duplex {
  return parse("arrow", options);
}

export function arrowFormat(options: Camel<ArrowWriteOptions> = {}): Duplex {
  return format("arrow", options);
}

/** Batches → a Parquet file. To read one its end is needed first: `readParquet` does that, from a file. */
export function parquetFormat(options: Camel<ParquetWriteOptions> = {}): Duplex {
  return format("parquet", options);
}

function parse(name: FormatName, options: object): Duplex {
  return parseStream(FORMATS[name].load, toSnakeNames(options));
}

function format(name: FormatName, options: object): Duplex {
  return formatStream(async () => {
    const { load, isText } = FORMATS[name];
    return new FormatStream({
      format: await load(),
      options: toSnakeNames(options),
      isTyped: !isText,
      isOpen: name === "jsonl",
      isFramed: !isText || name === "json",
      ctx: { ...INERT_CONTEXT, native: nativeCodecs },
    });
  });
}
