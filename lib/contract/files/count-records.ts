import type { Batch } from "../batch.ts";
import type { Log, StageContext } from "../context.ts";
import type { DecodeContext, Format } from "../format.ts";
import { parseOptions } from "../options.ts";
import { MAX_BATCH_ROWS } from "../row-batch.ts";
import type { SourceFile } from "../storage.ts";
import { ahead } from "./ahead.ts";
import { decodeBytes } from "./decode-bytes.ts";

/** Counting takes less time than a smaller chunk's way to the library and back. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * How many records a file has, by the cheapest way there is: natively, else without their values, else by decoding it.
 * Records that a decoder would reject are records too.
 *
 * @throws DativoError for a file that cannot be read to its end
 */
export async function countRecords(
  file: SourceFile,
  format: Format,
  options: unknown,
  ctx: Pick<StageContext, "native" | "signal" | "log">,
): Promise<number> {
  const given = options ?? {};
  const settled = format.decodeOptions ? parseOptions(format.decodeOptions, given, `${format.name} reader`) : given;
  const records = await count(file, format, settled, ctx);
  await file.verifyUnchanged();
  return records;
}

async function count(
  file: SourceFile,
  format: Format,
  options: unknown,
  { native, signal, log }: Pick<StageContext, "native" | "signal" | "log">,
): Promise<number> {
  const context = { source: file.path };
  if (format.countAt) return format.countAt(file, options, context);
  const counter = await native.counter(format, options, file.path, signal);
  if (!counter) return countHere(file, format, options, signal, log);
  try {
    for await (const bytes of chunksOf(file, signal)) await counter.push(bytes);
    return await counter.end();
  } finally {
    await counter.close();
  }
}

async function countHere(
  file: SourceFile,
  format: Format,
  options: unknown,
  signal: AbortSignal,
  log: Log,
): Promise<number> {
  const counter = format.counter?.(options, { source: file.path });
  if (!counter) return countDecoded(file, format, options, signal, log);
  for await (const bytes of chunksOf(file, signal)) counter.push(bytes);
  return counter.end();
}

async function countDecoded(
  file: SourceFile,
  format: Format,
  options: unknown,
  signal: AbortSignal,
  log: Log,
): Promise<number> {
  let records = 0;
  const context: DecodeContext = {
    source: file.path,
    batchRows: MAX_BATCH_ROWS,
    reject: () => void records++,
    warn: (message) => log.warn(message, { path: file.path }),
  };
  for await (const batch of decoded(file, format, options, context)) {
    signal.throwIfAborted();
    records += batch.length;
    batch.release();
  }
  return records;
}

function decoded(file: SourceFile, format: Format, options: unknown, context: DecodeContext): AsyncIterable<Batch> {
  return format.decodeAt?.(file, options, context) ?? decodeBytes(format, options, file.bytes(), context);
}

async function* chunksOf(file: SourceFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const bytes of ahead(file.lentBytes(CHUNK_BYTES))) {
    signal.throwIfAborted();
    yield bytes;
  }
}
