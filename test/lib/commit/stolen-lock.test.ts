import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { Ledger, type LedgerPlace } from "../../../lib/commit/ledger.ts";
import type { CommitRecord } from "../../../lib/commit/record.ts";
import { AssetDefinition } from "../../../lib/contract/asset.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { LocalStorage } from "../../../lib/storage/local.ts";
import { listTree, tempFolder, visibleFiles } from "../../support/folder.ts";
import { type JobPlace, jobPlace } from "../../support/job-place.ts";
import { MemoryWriter } from "../../support/players.ts";

/**
 * Two runs of one job at once, as when one was stopped for so long that its lock was taken. Each can be stopped, or
 * made to fail, before any of its steps that changes a name.
 */
class Actor {
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

const actors = vi.hoisted(() => ({ current: (): { step(): Promise<void> } | undefined => undefined }));
const storage = new AsyncLocalStorage<Actor>();
actors.current = () => storage.getStore();

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const stepping =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await actors.current()?.step();
      return work(...args);
    };
  const { link, mkdir, rename, rm } = real;
  return { ...real, link: stepping(link), mkdir: stepping(mkdir), rename: stepping(rename), rm: stepping(rm) };
});

const asset = new AssetDefinition({ name: "zips", version: "1.0.0", schema: [{ name: "id", type: "integer" }] });
const tools = { log: INERT_CONTEXT.log, clock: INERT_CONTEXT.clock, storage: new LocalStorage() };

const newPlace = (layout: LedgerPlace["layout"]): JobPlace => jobPlace(tempFolder(), "job", layout);

/** A whole run of some files, each with the name of the run in it. Returns the error it ended with. */
async function runOnce(place: JobPlace, name: string, count: number): Promise<unknown> {
  rmSync(place.paths.lock, { force: true });
  let ledger: Ledger | undefined;
  try {
    ledger = await Ledger.open(place, tools);
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
    await attempt.commit({ writer: new MemoryWriter(), ...sealed });
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await ledger?.close();
  }
}

async function recordsOf(place: JobPlace): Promise<CommitRecord[]> {
  const records = [];
  for (let seq = 1; ; seq++) {
    const record = await place.books.decided(seq);
    if (!record) return records;
    records.push(record);
  }
}

/** What is visible is what the records say, and a run that said it had succeeded is in them once. */
async function demandTruth(place: JobPlace, outcomes: Record<string, unknown>): Promise<void> {
  rmSync(place.paths.lock, { force: true });
  await (await Ledger.open(place, tools)).close();
  const records = await recordsOf(place);
  expect(visibleFiles(place.folder)).toEqual(records.flatMap(({ files }) => files.map(({ path }) => path)).sort());
  for (const [name, error] of Object.entries(outcomes)) {
    const times = records.filter(({ files }) => files.some(({ path }) => basename(path).startsWith(name))).length;
    const code = (error as { code?: string } | undefined)?.code;
    if (error === undefined) expect([name, times]).toEqual([name, 1]);
    else if (code !== "DTV_OUTCOME_UNKNOWN") expect([name, times, String(error)]).toEqual([name, 0, String(error)]);
  }
  for (const path of visibleFiles(place.folder))
    expect(basename(path).startsWith(readFileSync(join(place.folder, path), "utf8"))).toBe(true);
  // A temporary file that could not be removed is all that may be left.
  expect(listTree(place.paths.root).filter((path) => !/^commits\/\d{20}\.commit$|\.tmp$/.test(path))).toEqual([]);
}

async function stepsOf(run: () => Promise<unknown>): Promise<number> {
  const actor = new Actor(-1);
  await storage.run(actor, run);
  return actor.steps;
}

describe.each(["flat", "run-dir"] as const)("a run whose lock was taken while it was stopped, %s", (layout) => {
  it("keeps what was committed for it, wherever it was stopped", async () => {
    const steps = await stepsOf(() => runOnce(newPlace(layout), "first", 3));
    expect(steps).toBeGreaterThan(8);
    for (let at = 0; at < steps; at++) {
      const place = newPlace(layout);
      let second: unknown = "not run";
      const stopped = new Actor(at, async () => {
        second = await storage.exit(() => runOnce(place, "second", 1));
      });
      const first = await storage.run(stopped, () => runOnce(place, "first", 3));
      expect([at, second]).toEqual([at, undefined]);
      await demandTruth(place, { first, second });
    }
  });

  it("goes on while the run that took it is stopped in its turn", { timeout: 120_000 }, async () => {
    const steps = await stepsOf(() => runOnce(newPlace(layout), "first", 2));
    let stops = 0;
    for (let at = 4; at < steps; at++) {
      for (let then = 0; ; then++) {
        const place = newPlace(layout);
        let isReached = false;
        let second: Promise<unknown> = Promise.resolve();
        let resume = (): void => {};
        const stopped = new Actor(at, async () => {
          await new Promise<void>((goOn) => {
            const taker = new Actor(then, async () => {
              isReached = true;
              goOn();
              await new Promise<void>((resolve) => (resume = resolve));
            });
            second = storage.run(taker, () => runOnce(place, "second", 1));
            void second.then(() => goOn());
          });
        });
        const first = await storage.run(stopped, () => runOnce(place, "first", 2));
        resume();
        await demandTruth(place, { first, second: await second });
        if (!isReached) break;
        stops++;
      }
    }
    expect(stops).toBeGreaterThan(40);
  });

  it.each(["EIO", "ENOSPC"])("takes back what is its own when a step fails with %s, and only that", async (code) => {
    const steps = await stepsOf(() => runOnce(newPlace(layout), "first", 2));
    for (let at = 0; at < steps; at++) {
      for (const isTaken of [false, true]) {
        const place = newPlace(layout);
        let second: unknown;
        const failing = new Actor(at, async () => {
          if (isTaken) second = await storage.exit(() => runOnce(place, "second", 1));
          throw Object.assign(new Error(code), { code });
        });
        const first = await storage.run(failing, () => runOnce(place, "first", 2));
        await demandTruth(place, isTaken ? { first, second } : { first });
      }
    }
  });
});
