import type { ReaderClass } from "../contract/reader.ts";
import type { WriterClass } from "../contract/writer.ts";
import { findNativeFileWriter } from "./native-builtins.ts";

/** The players that come with Dativo, by connector type. They are loaded when a job names them, and enter as any plugin does. */
export const BUILTIN_READERS: Readonly<Record<string, () => Promise<ReaderClass>>> = {
  arrow: async () => (await import("../../readers/arrow.ts")).ArrowReader,
  avro: async () => (await import("../../readers/avro.ts")).AvroReader,
  csv: async () => (await import("../../readers/csv.ts")).CsvReader,
  json: async () => (await import("../../readers/json.ts")).JsonReader,
  jsonl: async () => (await import("../../readers/jsonl.ts")).JsonlReader,
  parquet: async () => (await import("../../readers/parquet.ts")).ParquetReader,
  stdin: async () => (await import("../../readers/stdin/stdin.ts")).StdinReader,
};

export const BUILTIN_WRITERS = {
  arrow: async () => (await import("../../writers/arrow.ts")).ArrowWriter,
  avro: async () => (await import("../../writers/avro.ts")).AvroWriter,
  csv: async () => (await import("../../writers/csv.ts")).CsvWriter,
  json: async () => (await import("../../writers/json.ts")).JsonWriter,
  jsonl: async () => (await import("../../writers/jsonl.ts")).JsonlWriter,
  parquet: loadParquetWriter,
  stdout: async () => (await import("../../writers/stdout/stdout.ts")).StdoutWriter,
} satisfies Record<string, () => Promise<WriterClass>>;

async function loadParquetWriter(): Promise<WriterClass> {
  const { parquetFormat } = await import("../formats/parquet/parquet-format.ts");
  return (await findNativeFileWriter(parquetFormat)) ?? (await import("../../writers/parquet.ts")).ParquetWriter;
}

/** The stages between reader and writer. */
export async function loadTransforms(): Promise<{
  readonly Validate: typeof import("../../transforms/validate/validate.ts").Validate;
  readonly MapSchema: typeof import("../../transforms/map.ts").MapSchema;
}> {
  const [{ Validate }, { MapSchema }] = await Promise.all([
    import("../../transforms/validate/validate.ts"),
    import("../../transforms/map.ts"),
  ]);
  return { Validate, MapSchema };
}

/** The stage of jobs that read by a cursor. */
export async function loadSkipLoaded(): Promise<
  typeof import("../../transforms/skip-loaded/skip-loaded.ts").SkipLoaded
> {
  return (await import("../../transforms/skip-loaded/skip-loaded.ts")).SkipLoaded;
}

/** The stages that a command line asks for. */
export async function loadWhere(): Promise<typeof import("../../transforms/where/where.ts").Where> {
  return (await import("../../transforms/where/where.ts")).Where;
}

export async function loadLimit(): Promise<typeof import("../../transforms/limit.ts").Limit> {
  return (await import("../../transforms/limit.ts")).Limit;
}

export async function loadMapRows(): Promise<typeof import("../../transforms/row-function.ts").MapRows> {
  return (await import("../../transforms/row-function.ts")).MapRows;
}
