import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CursorFolder } from "../../support/cursor-folder.ts";

/** A record is `[half day, text]`; null for no cursor. */
type Entry = readonly [at: number | null, text: string];
type Files = Readonly<Record<string, readonly Entry[]>>;

const DAY = 2;

/** Ten lines that remember everything. */
class Model {
  readonly loaded: string[] = [];
  readonly #seen = new Map<string, number>();
  readonly #contents = new Map<string, string>();
  readonly #lookback: number;
  #high = Number.NEGATIVE_INFINITY;

  constructor(lookbackDays: number) {
    this.#lookback = lookbackDays * DAY;
  }

  /** Says how many records have no place in the order. */
  run(files: Files): number {
    let unplaced = 0;
    const before = new Map(this.#seen);
    const [high, floor] = [this.#high, this.#high - this.#lookback];
    for (const [name, entries] of Object.entries(files)) {
      if (this.#contents.get(name) === JSON.stringify(entries)) continue;
      this.#contents.set(name, JSON.stringify(entries));
      const inFile = new Map<string, number>();
      for (const [at, text] of entries) {
        if (at === null) unplaced++;
        if (at === null || at < floor) continue;
        const id = `${at} ${text}`;
        const count = (inFile.get(id) ?? 0) + 1;
        inFile.set(id, count);
        this.#high = Math.max(this.#high, at);
        this.#seen.set(id, Math.max(count, this.#seen.get(id) ?? 0));
        if (at > high || count > (before.get(id) ?? 0)) this.loaded.push(id);
      }
    }
    return unplaced;
  }
}

const START = Date.UTC(2026, 2, 1);
const timeOf = (at: number): string => new Date(START + at * 43_200_000).toISOString().slice(0, 19);

const entry = fc.tuple(fc.option(fc.nat(6), { freq: 8 }), fc.constantFrom("a", "b"));
const names = ["f0.csv", "f1.csv", "f2.csv"];
/** Equal records only where the whole record is the identity: a primary key does not let them through the check. */
const writes = (isKeyed: boolean): fc.Arbitrary<Files> => {
  const entries = isKeyed
    ? fc.uniqueArray(entry, { maxLength: 9, selector: (each) => JSON.stringify(each) })
    : fc.array(entry, { maxLength: 9 });
  return fc
    .tuple(entries, fc.array(fc.nat(2), { minLength: 9, maxLength: 9 }))
    .map(([all, where]) =>
      Object.fromEntries(names.map((name, file) => [name, all.filter((_, index) => where[index] === file)])),
    );
};

const history = fc.boolean().chain((isKeyed) =>
  fc.record({
    isKeyed: fc.constant(isKeyed),
    lookback: fc.nat(2),
    batchSize: fc.integer({ min: 1, max: 4 }),
    runs: fc.array(writes(isKeyed), { minLength: 2, maxLength: 4 }),
    // Exports that grow, as most do; of keyed records the new ones would have to be others.
    grows: isKeyed ? fc.constant(false) : fc.boolean(),
  }),
);

afterEach(() => void vi.unstubAllEnvs());

describe.each(["on", "off"])("any history of exports, native code %s", (native) => {
  it("leaves in the target what a model says that forgets nothing", { timeout: 120_000 }, async () => {
    vi.stubEnv("DATIVO_NATIVE", native);
    const check = fc.asyncProperty(history, async ({ isKeyed, lookback, batchSize, runs, grows }) => {
      const key = isKeyed ? ["key"] : [];
      const job = new CursorFolder({
        fields: [
          ["at", "timestamp"],
          ["text", "string", ...key],
          ["when", "timestamp", ...key],
        ],
        incremental: { strategy: "created", cursor_field: "at", lookback_days: lookback },
        job: { schema_validation_mode: "warn", source: { engine: { options: { batch_size: batchSize } } } },
      });
      const model = new Model(lookback);
      let files: Files = {};
      for (const fresh of runs) {
        files = Object.fromEntries(
          names.map((name) => [name, [...(grows ? (files[name] ?? []) : []), ...(fresh[name] ?? [])]]),
        );
        for (const [name, entries] of Object.entries(files)) {
          const lines = entries.map(([at, text]) => {
            const time = at === null ? "" : timeOf(at);
            return `${time},${text},${time || "2000-01-01"}`;
          });
          job.put(name, "at,text,when", ...lines);
        }
        const { counts } = await job.run();
        expect(counts.rejected).toBe(model.run(files));
        const texts = job.records().map(({ at, text }) => `${(Date.parse(`${at}Z`) - START) / 43_200_000} ${text}`);
        expect(texts.sort()).toEqual([...model.loaded].sort());
      }
    });
    await fc.assert(check, { numRuns: 40 });
  });
});
