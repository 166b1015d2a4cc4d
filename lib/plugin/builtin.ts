import type { ReaderClass } from "../contract/reader.ts";
import type { WriterClass } from "../contract/writer.ts";
import { findNativeFileWriter } from "./native-builtins.ts";

/** The players that come with Dativo, by connector type. They are loaded when a job names them, and enter as any plugin does. */
export const BUILTIN_READERS: Readonly<Record<string, () => Promise<ReaderClass>>> = {
  csv: async () => (await import("../../readers/csv.ts")).CsvReader,
  jsonl: async () => (await import("../../readers/jsonl.ts")).JsonlReader,
  parquet: async () => (await import("../../readers/parquet.ts")).ParquetReader,
};

export const BUILTIN_WRITERS = {
  csv: async () => (await import("../../writers/csv.ts")).CsvWriter,
  jsonl: async () => (await import("../../writers/jsonl.ts")).JsonlWriter,
  parquet: loadParquetWriter,
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
