import { LocalStorage } from "../storage/local.ts";
import { MemoryBudget } from "../stream/budget.ts";
import { defaultEnvironment, type StreamEnvironment } from "../stream/stage.ts";

export interface TestEnvironment extends StreamEnvironment {
  readonly warnings: string[];
}

/** What streams share in a test: a budget of their own, warnings kept. */
export function createTestEnvironment(cwd?: string): TestEnvironment {
  const base = defaultEnvironment(new LocalStorage(cwd));
  const warnings: string[] = [];
  return {
    ...base,
    budget: MemoryBudget.forResidentLimit(256 * 1024 * 1024),
    graceMs: 1000,
    log: { ...base.log, warn: (message) => void warnings.push(message) },
    warnings,
  };
}
