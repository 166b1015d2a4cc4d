import { once } from "node:events";
import type { Duplex, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Node's `pipeline()`, and then the end of every stage: when this settles, no stage holds anything any more. */
export async function runPipeline(
  stages: readonly (Readable | Duplex | Writable)[],
  signal?: AbortSignal,
): Promise<void> {
  try {
    await pipeline(stages as readonly (NodeJS.ReadableStream | NodeJS.WritableStream)[], signal ? { signal } : {});
  } finally {
    await Promise.all(stages.map((stage) => (stage.closed ? undefined : once(stage, "close"))));
  }
}
