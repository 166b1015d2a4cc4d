import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { demandSame } from "./behaviour.ts";

/** What is left once is kept for the next time, a pool of connections for one; what is left every time is a leak. */
const ROUNDS = 3;

/** Sockets and children take a moment to go. */
const PATIENCE_MS = 2_000;

/**
 * Fails when `work` leaves something open each time: a timer, a socket, a child, a file descriptor. What it opens and
 * keeps once is no leak.
 */
export async function demandNoLeak(work: () => Promise<void>): Promise<void> {
  // Modules, threads and pools come with the first times.
  for (let round = 0; round < 2; round++) await work();
  const before = await openResources();
  for (let round = 0; round < ROUNDS; round++) await work();
  let leaked: string[] = [];
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(20)) {
    leaked = grownBy(ROUNDS, before, await openResources());
    if (leaked.length === 0 || Date.now() > end) break;
  }
  demandSame(leaked, [], `left open after ${ROUNDS} times`);
}

/** How many there are of each kind. */
async function openResources(): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  // Only Linux says it like this.
  const descriptors = await readdir("/proc/self/fd").catch(() => []);
  return counts.set("file descriptor", descriptors.length);
}

function grownBy(least: number, before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...after].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more >= least ? [`${more} × ${kind}`] : [];
  });
}
