import type { StageContext } from "../context.ts";
import type { DecodeContext, Format } from "../format.ts";
import { MAX_BATCH_ROWS } from "../row-batch.ts";
import type { SourceFile } from "../storage.ts";
import { ahead } from "./ahead.ts";
import { decodeFile } from "./decode-bytes.ts";
import { parseReadOptions, type ReadOptions } from "./read-options.ts";

/** Counting takes less time than a smaller chunk's way to the library and back. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * How many records a file has, by the cheapest way there is: natively, else without their values, else by decoding it.
 * Records that a decoder would reject are records too.
 *
 * @throws DativoError for a file that cannot be read to its end
 */
export async function countRecords(file: SourceFile, format: Format, given: unknown, ctx: Context): Promise<number> {
  const options = parseReadOptions(format, given ?? {}, `${format.name} reader`);
  const records = await count(file, format, options, ctx);
  await file.verifyUnchanged();
  return records;
}

type Context = Pick<StageContext, "native" | "signal" | "log">;

async function count(file: SourceFile, format: Format, options: ReadOptions, ctx: Context): Promise<number> {
  const { native, signal } = ctx;
  const context = { source: file.path };
  if (format.countAt) return format.countAt(file, options.format, context);
  const counter =
    (await native.counter(format, options.format, file.path, signal)) ?? format.counter?.(options.format, context);
  if (!counter) return countDecoded(file, format, options, ctx);
  try {
    for await (const bytes of ahead(file.lentBytes(CHUNK_BYTES, undefined, options.unpacking))) {
      signal.throwIfAborted();
      await counter.push(bytes);
    }
    return await counter.end();
  } finally {
    if ("close" in counter) await counter.close();
  }
}

async function countDecoded(
  file: SourceFile,
  format: Format,
  options: ReadOptions,
  { signal, log }: Context,
): Promise<number> {
  let records = 0;
  const context: DecodeContext = {
    source: file.path,
    batchRows: options.batchRows ?? MAX_BATCH_ROWS,
    reject: () => void records++,
    warn: (message) => log.warn(message, { path: file.path }),
  };
  for await (const batch of decodeFile(file, format, options, context)) {
    signal.throwIfAborted();
    records += batch.length;
    batch.release();
  }
  return records;
}
