import { INERT_CONTEXT, type Log } from "../contract/context.ts";
import { countRecords } from "../contract/files/count-records.ts";
import { FORMATS } from "../formats/formats.ts";
import { nativeCodecs } from "../plugin/native-builtins.ts";
import { AnyStorage } from "../storage/any-storage.ts";
import { kindOfFile } from "./kind-of-files.ts";
import type { PipeRequest } from "./pipe-request.ts";

/** How many records a file has. */
export interface FileCount {
  readonly path: string;
  readonly records: number;
}

/** Counts the records of files, without their values wherever that can be. Records that a reader would reject count. */
export async function* countFiles(
  { sources, from, fromOptions }: Pick<PipeRequest, "sources" | "from" | "fromOptions">,
  { log, signal = INERT_CONTEXT.signal }: { log: Log; signal?: AbortSignal | undefined },
): AsyncGenerator<FileCount> {
  const storage = new AnyStorage();
  for (const source of sources) {
    for (const { path } of await storage.find(source)) {
      const { format, options } = await kindOfFile(path, from, storage);
      const file = await storage.open(path);
      try {
        const given = { ...options, ...fromOptions };
        yield {
          path,
          records: await countRecords(file, await FORMATS[format].load(), given, { native: nativeCodecs, signal, log }),
        };
      } finally {
        await file.close();
      }
    }
  }
}
