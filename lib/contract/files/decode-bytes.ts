import type { Batch } from "../batch.ts";
import { DativoError } from "../errors.ts";
import type { AsyncDecoder, DecodeContext, Decoder, Format } from "../format.ts";
import type { SourceFile } from "../storage.ts";
import type { ReadOptions } from "./read-options.ts";

/** The records of a file, in the way that its format is read. */
export function decodeFile(
  file: SourceFile,
  format: Format,
  options: ReadOptions,
  context: DecodeContext,
): AsyncIterable<Batch> {
  if (format.decodeAt) return format.decodeAt(file, options.format, context);
  return decodeBytes(format, options.format, file.bytes(options.unpacking), context);
}

/**
 * The records of bytes that come in order; `isPrompt` gives each as soon as it is whole, where the format can.
 *
 * @throws DativoError DTV_STAGE_MISUSE for a format that is only written
 */
export async function* decodeBytes(
  format: Format,
  options: unknown,
  bytes: AsyncIterable<Uint8Array>,
  context: DecodeContext,
  isPrompt = false,
): AsyncGenerator<Batch> {
  const decoder = openDecoder(format, options, context);
  for await (const chunk of bytes) {
    yield* decoder.push(chunk);
    if (isPrompt && "flush" in decoder) yield* decoder.flush?.() ?? [];
  }
  yield* decoder.end();
}

/** @throws DativoError DTV_STAGE_MISUSE for a format that is only written */
export function openDecoder(format: Format, options: unknown, context: DecodeContext): Decoder | AsyncDecoder {
  const decoder = format.decoder?.(options, context) ?? format.asyncDecoder?.(options, context);
  if (decoder) return decoder;
  throw new DativoError("DTV_STAGE_MISUSE", `The format '${format.name}' cannot be read`);
}
