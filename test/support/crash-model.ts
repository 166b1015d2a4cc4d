import fc from "fast-check";
import { expect } from "vitest";
import { FAIL_POINTS } from "../../lib/storage/fail-point.ts";
import { CrashFolder, type CrashJob, rowsOf, sameRows } from "./crash-folder.ts";
import { tempFolder } from "./folder.ts";

/** What happens to a job: something new comes to its source, it runs, it dies somewhere, or everything is loaded anew. */
type Event =
  | { readonly kind: "append"; readonly rows: number }
  | { readonly kind: "run" }
  | { readonly kind: "refresh" }
  | { readonly kind: "kill"; readonly afterMs: number }
  | { readonly kind: "die"; readonly point: string; readonly action: string };

const events = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("append" as const), rows: fc.integer({ min: 0, max: 7 }) }) },
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

/** Tries so many histories, in either layout, for so long at most. */
export async function tryHistories(numRuns: number, limitMs?: number): Promise<void> {
  const layouts = fc.constantFrom("flat" as const, "run-dir" as const);
  const holds = fc.asyncProperty(events, layouts, async (happening, layout) => {
    expect(await contradictions(happening, layout)).toEqual([]);
  });
  await fc.assert(holds, { numRuns, ...(limitMs === undefined ? {} : { interruptAfterTimeLimit: limitMs }) });
}

/**
 * The model: the target holds the rows of the source that were there when a run last went well, each once, and perhaps,
 * all or nothing, those of a run that died. Returns what contradicts it.
 */
async function contradictions(happening: readonly Event[], layout: CrashJob["layout"]): Promise<string[]> {
  const job = new CrashFolder(tempFolder(), { mode: "append", layout, files: ["in/*.csv"] });
  job.addSource("in/0.csv", rowsOf(1, 3));
  let count = 3;
  let files = 1;
  for (const [index, event] of happening.entries()) {
    if (event.kind === "append") {
      job.addSource(`in/${files++}.csv`, rowsOf(count + 1, count + event.rows));
      count += event.rows;
      continue;
    }
    const { code, stderr } = await job.run(howOf(event));
    const faults = [...job.faultsAlways(), ...(code === 0 ? faultsOf(job, count) : [])];
    const isOrderly = event.kind === "run" || event.kind === "refresh";
    if (isOrderly && code !== 0) faults.push(`ended with ${code}: ${stderr}`);
    if (faults.length > 0) return [`after event ${index}, ${JSON.stringify(event)}:`, ...faults];
  }
  const { code, stderr } = await job.run();
  return code === 0 ? [...faultsOf(job, count), ...job.litter()] : [`the last run ended with ${code}: ${stderr}`];
}

function faultsOf(job: CrashFolder, count: number): string[] {
  const rows = job.rows();
  return sameRows(rows, rowsOf(1, count)) ? [] : [`${rows.length} rows instead of ${count}: ${rows.sort().join(" ")}`];
}

function howOf(event: Exclude<Event, { kind: "append" }>): Parameters<CrashFolder["run"]>[0] {
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
