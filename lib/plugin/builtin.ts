import type { ReaderClass } from "../contract/reader.ts";
import type { WriterClass } from "../contract/writer.ts";

/** The players that come with Dativo, by connector type. They are loaded when a job names them, and enter as any plugin does. */
export const BUILTIN_READERS: Readonly<Record<string, () => Promise<ReaderClass>>> = {
  csv: async () => (await import("../../readers/csv.ts")).CsvReader,
  jsonl: async () => (await import("../../readers/jsonl.ts")).JsonlReader,
  parquet: async () => (await import("../../readers/parquet.ts")).ParquetReader,
};

export const BUILTIN_WRITERS: Readonly<Record<string, () => Promise<WriterClass>>> = {
  csv: async () => (await import("../../writers/csv.ts")).CsvWriter,
  jsonl: async () => (await import("../../writers/jsonl.ts")).JsonlWriter,
  parquet: async () => (await import("../../writers/parquet.ts")).ParquetWriter,
};

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
