import type { Format } from "../contract/format.ts";

/** What is known of a format before its code is loaded. */
export interface KnownFormat {
  readonly load: () => Promise<Format>;
  /** How files of it end, without the dot. The first is the usual one. */
  readonly extensions: readonly string[];
  /** True when the end of a file is part of it: one that was cut off is seen to be. */
  readonly provesEnd: boolean;
  /** True when records are lines of text, as shells are used to. */
  readonly isText: boolean;
}

/** The formats that come with Dativo. */
export const FORMATS = {
  csv: {
    load: async () => (await import("./csv/csv-format.ts")).csvFormat,
    extensions: ["csv", "tsv"],
    provesEnd: false,
    isText: true,
  },
  jsonl: {
    load: async () => (await import("./jsonl/jsonl-format.ts")).jsonlFormat,
    extensions: ["jsonl", "ndjson"],
    provesEnd: false,
    isText: true,
  },
  json: {
    load: async () => (await import("./json/json-format.ts")).jsonFormat,
    extensions: ["json"],
    provesEnd: true,
    isText: true,
  },
  arrow: {
    load: async () => (await import("./arrow/arrow-format.ts")).arrowFormat,
    extensions: ["arrow", "arrows", "feather"],
    provesEnd: true,
    isText: false,
  },
  avro: {
    load: async () => (await import("./avro/avro-format.ts")).avroFormat,
    extensions: ["avro"],
    provesEnd: false,
    isText: false,
  },
  parquet: {
    load: async () => (await import("./parquet/parquet-format.ts")).parquetFormat,
    extensions: ["parquet"],
    provesEnd: true,
    isText: false,
  },
} as const satisfies Record<string, KnownFormat>;

export type FormatName = keyof typeof FORMATS;

export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

export function isFormatName(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name);
}

export function knownFormat(name: FormatName): KnownFormat {
  return FORMATS[name];
}
