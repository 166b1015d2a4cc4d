import { Readable, type Transform } from "node:stream";
import type { Inflation } from "./inflation.ts";

/** A stream of `node:zlib`. */
export type Unzip = Transform & { readonly bytesWritten: number };

/** The buffers in between. */
export const INFLATE_BYTES = 1 << 18;

/** Bytes through a stream of `node:zlib`, which must use up all of them. */
export async function* inflate(
  bytes: AsyncIterable<Uint8Array>,
  unzip: Unzip,
  inflation: Inflation,
): AsyncGenerator<Uint8Array> {
  let stored = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      stored += chunk.length;
      yield chunk;
    }
  };
  const input = Readable.from(counted(), { objectMode: false, highWaterMark: INFLATE_BYTES });
  input.on("error", (error) => unzip.destroy(error));
  try {
    for await (const chunk of input.pipe(unzip)) yield inflation.take(chunk, unzip.bytesWritten);
  } catch (cause) {
    throw inflation.broken(cause);
  } finally {
    input.destroy();
    unzip.destroy();
  }
  // At a zero byte after a gzip member zlib stops without a word, taking it for padding; a member could follow it.
  if (unzip.bytesWritten < stored) throw inflation.followed(unzip.bytesWritten);
}
