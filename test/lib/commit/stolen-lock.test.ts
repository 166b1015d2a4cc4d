import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { Ledger, type LedgerPlace } from "../../../lib/commit/ledger.ts";
import { listTree, tempFolder, visibleFiles } from "../../support/folder.ts";
import { type JobPlace, jobPlace } from "../../support/job-place.ts";
import { Actor, demandRecorded, outcomeOf, recordsOf, runOnce, stepsOf, tools } from "../../support/ledger-runs.ts";

/**
 * Two runs of one job at once, as when one was stopped for so long that its lock was taken. Each can be stopped, or
 * made to fail, before any of its steps that changes a name.
 */
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

const newPlace = (layout: LedgerPlace["layout"]): JobPlace => jobPlace(tempFolder(), "job", layout);

/** A run that takes the lock, whoever holds it. Gives the error it ended with. */
function steal(place: JobPlace, name: string, count: number): Promise<unknown> {
  rmSync(place.paths.lock, { force: true });
  return outcomeOf(runOnce(place, { name, count }));
}

/** What is visible is what the records say, and a run that said it had succeeded is in them once. */
async function demandTruth(place: JobPlace, outcomes: Record<string, unknown>): Promise<void> {
  rmSync(place.paths.lock, { force: true });
  await (await Ledger.open(place, tools)).close();
  const read = (path: string): string => readFileSync(join(place.folder, path), "utf8");
  const seen = Object.fromEntries(visibleFiles(place.folder).map((path) => [path, read(path)]));
  demandRecorded(seen, await recordsOf(place), outcomes);
  // A temporary file that could not be removed is all that may be left.
  expect(listTree(place.paths.root).filter((path) => !/^commits\/\d{20}\.commit$|\.tmp$/.test(path))).toEqual([]);
}

describe.each(["flat", "run-dir"] as const)("a run whose lock was taken while it was stopped, %s", (layout) => {
  it("keeps what was committed for it, wherever it was stopped", async () => {
    const steps = await stepsOf(storage, () => steal(newPlace(layout), "first", 3));
    expect(steps).toBeGreaterThan(8);
    for (let at = 0; at < steps; at++) {
      const place = newPlace(layout);
      let second: unknown = "not run";
      const stopped = new Actor(at, async () => {
        second = await storage.exit(() => steal(place, "second", 1));
      });
      const first = await storage.run(stopped, () => steal(place, "first", 3));
      expect([at, second]).toEqual([at, undefined]);
      await demandTruth(place, { first, second });
    }
  });

  it("goes on while the run that took it is stopped in its turn", { timeout: 120_000 }, async () => {
    const steps = await stepsOf(storage, () => steal(newPlace(layout), "first", 2));
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
            second = storage.run(taker, () => steal(place, "second", 1));
            void second.then(() => goOn());
          });
        });
        const first = await storage.run(stopped, () => steal(place, "first", 2));
        resume();
        await demandTruth(place, { first, second: await second });
        if (!isReached) break;
        stops++;
      }
    }
    expect(stops).toBeGreaterThan(40);
  });

  it.each(["EIO", "ENOSPC"])("takes back what is its own when a step fails with %s, and only that", async (code) => {
    const steps = await stepsOf(storage, () => steal(newPlace(layout), "first", 2));
    for (let at = 0; at < steps; at++) {
      for (const isTaken of [false, true]) {
        const place = newPlace(layout);
        let second: unknown;
        const failing = new Actor(at, async () => {
          if (isTaken) second = await storage.exit(() => steal(place, "second", 1));
          throw Object.assign(new Error(code), { code });
        });
        const first = await storage.run(failing, () => steal(place, "first", 2));
        await demandTruth(place, isTaken ? { first, second } : { first });
      }
    }
  });
});
