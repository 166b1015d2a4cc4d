import type { Readable } from "node:stream";

/** When a stream is closed, whatever ended it, its stage has been closed as well. */
export function untilClosed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once("close", resolve);
  });
}
