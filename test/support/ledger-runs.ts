import type { AsyncLocalStorage } from "node:async_hooks";
import { basename } from "node:path";
import { expect } from "vitest";
import type { Books } from "../../lib/commit/books.ts";
import { Ledger, type LedgerPlace, type LedgerTools } from "../../lib/commit/ledger.ts";
import type { CommitRecord } from "../../lib/commit/record.ts";
import { AssetDefinition } from "../../lib/contract/asset.ts";
import { INERT_CONTEXT } from "../../lib/contract/context.ts";
import { LocalStorage } from "../../lib/storage/local.ts";
import { MemoryWriter } from "./players.ts";

export const asset = new AssetDefinition({
  name: "zips",
  version: "1.0.0",
  schema: [{ name: "id", type: "integer" }],
});
export const tools: LedgerTools = {
  log: INERT_CONTEXT.log,
  clock: INERT_CONTEXT.clock,
  storage: new LocalStorage(),
};

/** Stops a run, or makes it fail, at one of its steps that change something. */
export class Actor {
  steps = 0;
  readonly #at: number;
  readonly #act: (() => Promise<void>) | undefined;

  constructor(at: number, act?: () => Promise<void>) {
    this.#at = at;
    this.#act = act;
  }

  async step(): Promise<void> {
    if (this.steps++ === this.#at) await this.#act?.();
  }
}

export async function stepsOf(actors: AsyncLocalStorage<Actor>, run: () => Promise<unknown>): Promise<number> {
  const actor = new Actor(-1);
  await actors.run(actor, run);
  return actor.steps;
}

/** The error that a run ends with, if any. */
export function outcomeOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error: unknown) => error,
  );
}

export interface RunParts {
  readonly name?: string;
  readonly count?: number;
  readonly mode?: "append" | "overwrite";
}

/** One run through the whole protocol, each of its files with its name in it. */
export async function runOnce(place: LedgerPlace, { name = "one", count = 2, mode }: RunParts = {}): Promise<string> {
  const ledger = await Ledger.open(place, tools, mode);
  try {
    const attempt = await ledger.begin(asset);
    await attempt.stage();
    const files = [];
    for (let number = 0; number < count; number++) {
      const file = await attempt.storage.create(`${name}-${number}.txt`);
      await file.write(Buffer.from(name));
      files.push({ path: file.path, recordCount: 1, ...(await file.seal()) });
    }
    const counts = { read: count, added: 0, filtered: 0, rejected: 0, written: count };
    const positions = new Map([[name, 1]]);
    const sealed = { files, counts, positions, values: undefined, schema: asset.targetSchema(), balanced: true };
    const { status } = await attempt.commit({ writer: new MemoryWriter(), ...sealed });
    return status;
  } finally {
    await ledger.close();
  }
}

export async function recordsOf({ books }: { readonly books: Books }): Promise<CommitRecord[]> {
  const records = [];
  for (let seq = 1; ; seq++) {
    const record = await books.decided(seq);
    if (!record) return records;
    records.push(record);
  }
}

/** What is visible is what the records say, and a run that said it had succeeded is in them once. */
export function demandRecorded(
  seen: Readonly<Record<string, string>>,
  records: readonly CommitRecord[],
  outcomes: Readonly<Record<string, unknown>>,
): void {
  expect(Object.keys(seen).sort()).toEqual(records.flatMap(({ files }) => files.map(({ path }) => path)).sort());
  for (const [path, content] of Object.entries(seen)) expect(basename(path).startsWith(content)).toBe(true);
  for (const [name, error] of Object.entries(outcomes)) {
    const times = records.filter(({ files }) => files.some(({ path }) => basename(path).startsWith(name))).length;
    const code = (error as { code?: string } | undefined)?.code;
    if (error === undefined) expect([name, times]).toEqual([name, 1]);
    else if (code !== "DTV_OUTCOME_UNKNOWN") expect([name, times, String(error)]).toEqual([name, 0, String(error)]);
  }
}
