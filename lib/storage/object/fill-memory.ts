import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectFacts } from "./object-store.ts";

/** Clients repeat requests, and not replies that break off. */
const ATTEMPTS = 5;
const PAUSE_MS = 100;

/**
 * Fills memory with what replies hold. `ask` gives the bytes from some place of it on; what broke off is asked for again from
 * there. `isFinal` says of an error that another try would meet it again.
 */
export async function fillMemory(
  memory: Buffer,
  ask: (from: number) => Promise<AsyncIterable<Uint8Array>>,
  isFinal: (error: unknown) => boolean,
): Promise<void> {
  let filled = 0;
  for (let attempt = 1; filled < memory.length; attempt++) {
    try {
      for await (const chunk of await ask(filled)) {
        memory.set(chunk, filled);
        filled += chunk.length;
      }
      if (filled < memory.length) throw new Error("the reply broke off");
    } catch (error) {
      if (attempt === ATTEMPTS || isFinal(error)) throw error;
      await sleep(PAUSE_MS * 2 ** attempt);
    }
  }
}

/** As much as an object has of a range: of the memory that was given, or new. */
export function memoryFor({ sizeBytes }: ObjectFacts, offset: number, length: number, memory?: Buffer): Buffer {
  const there = Math.max(0, Math.min(length, sizeBytes - offset));
  return (memory ?? Buffer.allocUnsafeSlow(there)).subarray(0, there);
}
