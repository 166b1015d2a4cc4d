import type { Readable } from "node:stream";

/**
 * What a pipe gives, in chunks of up to about so many bytes: what is there at once goes together, and what comes alone,
 * as from `tail -f`, goes at once. Nothing is read ahead beyond the stream's own buffer, so that whoever writes has to wait.
 */
export async function* pipeChunks(stream: Readable, chunkBytes: number): AsyncGenerator<Uint8Array> {
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure = error;
  });
  try {
    let held: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const piece = stream.read() as Uint8Array | null;
      if (piece !== null) {
        held.push(piece);
        size += piece.length;
        if (size < chunkBytes && (await hasMore(stream))) continue;
      }
      if (size > 0) {
        yield held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held, size);
        held = [];
        size = 0;
      } else if (stream.readableEnded || stream.destroyed) break;
      else await untilChange(stream);
    }
    if (failure) throw failure;
  } finally {
    stream.destroy();
  }
}

/** True when something has come by the next turn of the event loop. */
async function hasMore(stream: Readable): Promise<boolean> {
  if (stream.readableLength > 0) return true;
  await new Promise((resolve) => setImmediate(resolve));
  return stream.readableLength > 0;
}

const CHANGES = ["readable", "end", "error", "close"] as const;

/** A stream that has nothing to give says `readable` at its end as well, and `end` only when it is read once more. */
function untilChange(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const change of CHANGES) stream.off(change, settle);
      resolve();
    };
    for (const change of CHANGES) stream.on(change, settle);
  });
}
