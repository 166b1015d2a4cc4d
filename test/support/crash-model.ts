import fc from "fast-check";
import { expect } from "vitest";
import { FAIL_POINTS } from "../../lib/storage/fail-point.ts";
import { CrashFolder, type CrashJob, rowsOf, sameRows } from "./crash-folder.ts";
import { tempFolder } from "./folder.ts";

/**
 * What happens to a job: a file comes to its source, or records to a file, it runs, it dies somewhere, everything is
 * replaced, or it is told to read everything once more.
 */
type Event =
  | { readonly kind: "append"; readonly rows: number }
  | { readonly kind: "grow"; readonly rows: number }
  | { readonly kind: "reset" }
  | { readonly kind: "run" }
  | { readonly kind: "refresh" }
  | { readonly kind: "kill"; readonly afterMs: number }
  | { readonly kind: "die"; readonly point: string; readonly action: string };

const events = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("append" as const), rows: fc.integer({ min: 0, max: 7 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("grow" as const), rows: fc.integer({ min: 0, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("reset" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("run" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("refresh" as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("kill" as const), afterMs: fc.integer({ min: 200, max: 500 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("die" as const),
        point: fc.constantFrom(...Object.keys(FAIL_POINTS)),
        action: fc.constantFrom("kill", "kill", "term", "throw", "eio", "enospc"),
      }),
    },
  ),
  { minLength: 3, maxLength: 10 },
);

/** Tries so many histories, in either layout, with and without checkpoints, for so long at most. */
export async function tryHistories(numRuns: number, limitMs?: number): Promise<void> {
  const layouts = fc.constantFrom("flat" as const, "run-dir" as const);
  const holds = fc.asyncProperty(events, layouts, fc.boolean(), async (happening, layout, hasCheckpoints) => {
    expect(await contradictions(happening, { layout, hasCheckpoints })).toEqual([]);
  });
  await fc.assert(holds, { numRuns, ...(limitMs === undefined ? {} : { interruptAfterTimeLimit: limitMs }) });
}

/**
 * The model: the target holds the rows of the source that were there when a run last went well, each once, besides what it
 * held when it was told to read everything once more; and perhaps those of commits that a run made before it died.
 * Returns what contradicts it.
 */
async function contradictions(
  happening: readonly Event[],
  how: Pick<CrashJob, "layout" | "hasCheckpoints">,
): Promise<string[]> {
  const job = new CrashFolder(tempFolder(), { ...how, mode: "append", files: ["in/*.csv"] });
  const source = new Source(job);
  let before: string[] = [];
  for (const [index, event] of happening.entries()) {
    if (event.kind === "append" || event.kind === "grow") {
      source[event.kind](event.rows);
      continue;
    }
    if (event.kind === "refresh") before = [];
    const { code, stderr } = await (event.kind === "reset" ? job.reset() : job.run(howOf(event)));
    if (event.kind === "reset") before = job.rows();
    const isWhole = code === 0 && event.kind !== "reset";
    const faults = [...job.faultsAlways(), ...(isWhole ? faultsOf(job, [...before, ...source.rows]) : [])];
    const isOrderly = event.kind !== "kill" && event.kind !== "die";
    if (isOrderly && code !== 0) faults.push(`ended with ${code}: ${stderr}`);
    if (faults.length > 0) return [`after event ${index}, ${JSON.stringify(event)}:`, ...faults];
  }
  const { code, stderr } = await job.run();
  if (code !== 0) return [`the last run ended with ${code}: ${stderr}`];
  return [...faultsOf(job, [...before, ...source.rows]), ...job.litter()];
}

/** Files of numbered rows. */
class Source {
  readonly #job: CrashFolder;
  #files = 0;
  #count = 0;

  constructor(job: CrashFolder) {
    this.#job = job;
    this.append(3);
  }

  get rows(): string[] {
    return rowsOf(1, this.#count);
  }

  append(rows: number): void {
    this.#job.addSource(`in/${this.#files++}.csv`, this.#next(rows));
  }

  grow(rows: number): void {
    this.#job.growSource(`in/${this.#files - 1}.csv`, this.#next(rows));
  }

  #next(rows: number): string[] {
    this.#count += rows;
    return rowsOf(this.#count - rows + 1, this.#count);
  }
}

function faultsOf(job: CrashFolder, expected: readonly string[]): string[] {
  const rows = job.rows();
  if (sameRows(rows, expected)) return [];
  return [`${rows.length} rows instead of ${expected.length}: ${rows.sort().join(" ")}`];
}

function howOf(event: Exclude<Event, { kind: "append" | "grow" | "reset" }>): Parameters<CrashFolder["run"]>[0] {
  switch (event.kind) {
    case "run":
      return {};
    case "refresh":
      return { args: ["--full-refresh"] };
    case "kill":
      return { killAfterMs: event.afterMs };
    case "die":
      return { faults: `${event.point}:${event.action}` };
  }
}
