import { SIGNAL_EXITS } from "./exit-code.ts";
import { guardMemory } from "./memory-guard.ts";
import { SignalWatch } from "./signals.ts";

/** Does what signals interrupt, with an eye on resident memory; a signal that came gives the exit code. */
export async function underWatch(memoryBytes: number, work: (watch: SignalWatch) => Promise<number>): Promise<number> {
  const watch = new SignalWatch();
  const endGuard = guardMemory(memoryBytes);
  try {
    const code = await work(watch);
    return watch.received === undefined ? code : (SIGNAL_EXITS[watch.received] ?? code);
  } finally {
    endGuard();
    watch.stop();
  }
}
