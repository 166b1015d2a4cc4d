import type { Batch } from "../batch.ts";
import { DativoError } from "../errors.ts";
import type { AsyncDecoder, DecodeContext, Decoder, Format } from "../format.ts";

/** The records of bytes that come in order. @throws DativoError DTV_STAGE_MISUSE for a format that is only written */
export async function* decodeBytes(
  format: Format,
  options: unknown,
  bytes: AsyncIterable<Uint8Array>,
  context: DecodeContext,
): AsyncGenerator<Batch> {
  const decoder = await openDecoder(format, options, context);
  for await (const chunk of bytes) yield* decoder.push(chunk);
  yield* decoder.end();
}

/** A decoder of a format, ready to be given bytes. */
export async function openDecoder(
  format: Format,
  options: unknown,
  context: DecodeContext,
): Promise<Decoder | AsyncDecoder> {
  const decoder = format.decoder?.(options, context);
  await decoder?.ready?.();
  const found = decoder ?? format.asyncDecoder?.(options, context);
  if (found) return found;
  throw new DativoError("DTV_STAGE_MISUSE", `The format '${format.name}' cannot be read`);
}
