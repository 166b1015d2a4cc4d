import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Ledger } from "../../../../lib/commit/ledger.ts";
import { armFault } from "../../../../lib/storage/fail-point.ts";
import type { ObjectStore } from "../../../../lib/storage/object/object-store.ts";
import { openStore } from "../../../../lib/storage/object/open-store.ts";
import { Actor, asset, outcomeOf, recordsOf, runOnce, stepsOf, tools } from "../../../support/ledger-runs.ts";
import { describeObjectServer, type ObjectServerKind } from "../../../support/object-servers.ts";
import { booksOf, bucketJob, demandTruth, dropLock, openUploads, reachedBy, visible } from "./bucket-runs.ts";

const STEPS = ["put", "remove", "stage", "publish", "discard", "discardAll", "copyIfAbsent"] as const;
const actors = new AsyncLocalStorage<Actor>();

function stepping(store: ObjectStore, when: "before" | "after"): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function") return value;
      const call = value.bind(target) as (...args: unknown[]) => unknown;
      if (!(STEPS as readonly unknown[]).includes(name)) return call;
      return async (...args: unknown[]) => {
        if (when === "before") await actors.getStore()?.step();
        const result = await call(...args);
        if (when === "after") await actors.getStore()?.step();
        return result;
      };
    },
  });
}

/** @param stride of the stops of the slowest test: 1 tries them all. */
export function ledgerSuite(kind: ObjectServerKind, stride: number): void {
  describeObjectServer(kind, `the books of a job in a bucket of ${kind}`, (server) => {
    let opened: Promise<ObjectStore> | undefined;
    const openShared = (): Promise<ObjectStore> => (opened ??= server.makeBucket().then(openStore));

    it("publishes a run in one commit, with its state inside", async () => {
      const job = bucketJob(await openShared());
      expect(await runOnce(job)).toBe("success");
      const [record] = await recordsOf(job);
      expect(await visible(job)).toEqual({
        [`one-0-${record?.runId}.txt`]: "one",
        [`one-1-${record?.runId}.txt`]: "one",
      });
      expect(record).toMatchObject({ seq: 1, endState: { positions: { one: 1 } }, counts: { written: 2 } });
      expect(await booksOf(job)).toEqual([`commits/${"1".padStart(20, "0")}.commit`, "probe"]);
      expect(await openUploads(job, String(record?.runId))).toBe(0);
      expect(JSON.parse(readFileSync(job.stateFile, "utf8"))).toMatchObject({ seq: 1, positions: { one: 1 } });
    });

    it("shows nothing before the commit, and nothing of a run that is taken back", async () => {
      const job = bucketJob(await openShared());
      const ledger = await Ledger.open(job, tools);
      const attempt = await ledger.begin(asset);
      await attempt.stage();
      const file = await attempt.storage.create("part=1.txt", [{ column: "day", value: "a/b" }]);
      await file.write(Buffer.alloc(9 * 1024 * 1024, "x"));
      await file.seal();
      expect(await visible(job)).toEqual({});
      await attempt.abort();
      await ledger.close();
      expect([await visible(job), await booksOf(job), await openUploads(job, ledger.runId)]).toEqual([
        {},
        ["probe"],
        0,
      ]);
    });

    it("uploads what a writer made as local files", async () => {
      const job = bucketJob(await openShared());
      const ledger = await Ledger.open(job, tools);
      const attempt = await ledger.begin(asset);
      const folder = await attempt.stage();
      const { writeFile } = await import("node:fs/promises");
      await writeFile(`${folder}/own.bin.staged`, "made by itself");
      const counts = { read: 1, added: 0, filtered: 0, rejected: 0, written: 1 };
      const { MemoryWriter } = await import("../../../support/players.ts");
      await attempt.commit({
        writer: new MemoryWriter(),
        files: [{ path: "own.bin.staged", recordCount: 1 }],
        counts,
        positions: new Map(),
        values: undefined,
        schema: asset.targetSchema(),
        balanced: true,
      });
      await ledger.close();
      expect(await visible(job)).toEqual({ [`own-${ledger.runId}.bin`]: "made by itself" });
    });

    it("replaces what earlier runs have published when it overwrites", async () => {
      const job = bucketJob(await openShared());
      await runOnce(job);
      await runOnce(job, { name: "two", mode: "overwrite" });
      expect(Object.values(await visible(job))).toEqual(["two", "two"]);
      expect((await booksOf(job)).filter((key) => key.startsWith("old/"))).toHaveLength(2);
    });

    it("is guarded by conditions, and says so where the store honours none", async () => {
      const store = await openShared();
      const job = bucketJob(store);
      await runOnce(job);
      expect(job.books.isGuarded).toBe(true);
      const careless: ObjectStore = new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown;
          if (name === "put") return (key: string, bytes: Uint8Array) => target.put(key, bytes);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      const unguarded = bucketJob(careless);
      await runOnce(unguarded);
      await runOnce(unguarded, { name: "two" });
      expect(unguarded.books.isGuarded).toBe(false);
      expect((await recordsOf(unguarded)).map(({ seq }) => seq)).toEqual([1, 2]);
    });

    it("looks for what it has published, some objects at a time, and says what is gone", async () => {
      const store = await openShared();
      const job = bucketJob(store);
      for (let run = 0; run < 6; run++) await runOnce(job, { name: `run${run}`, count: 3 });
      const gone = Object.keys(await visible(job))[0] as string;
      await store.remove(`${job.prefix}/${gone}`);
      let underWay = 0;
      let most = 0;
      const slow = new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown;
          if (typeof value !== "function") return value;
          const call = value.bind(target) as (...args: unknown[]) => unknown;
          if (name !== "head" && name !== "get") return call;
          return async (...args: unknown[]) => {
            most = Math.max(most, ++underWay);
            await sleep(20);
            return Promise.resolve(call(...args)).finally(() => underWay--);
          };
        },
      });
      const said: string[] = [];
      const log = { ...tools.log, warn: (message: string) => void said.push(message) };
      await (await Ledger.open(reachedBy(job, slow), { ...tools, log })).close();
      expect(said).toEqual([
        `Files that this job has published are gone or changed: 1 of 18, ${gone} for one; --full-refresh loads everything again`,
      ]);
      expect(most).toBe(8);
    });

    it("keeps a second run out while the first one lives", async () => {
      const job = bucketJob(await openShared());
      const ledger = await Ledger.open(job, tools);
      await expect(Ledger.open(job, tools)).rejects.toMatchObject({ code: "DTV_LOCKED" });
      await ledger.close();
      await (await Ledger.open(job, tools)).close();
    });

    it.each(["K04", "K05", "K07", "K30", "K32", "K08"] as const)(
      "removes what a run had staged that died at %s",
      async (point) => {
        const job = bucketJob(await openShared());
        const deaf = new Proxy(job.store, {
          get(target, name) {
            const value = Reflect.get(target, name, target) as unknown;
            if (name === "discard" || name === "discardAll") return () => Promise.reject(new Error("it is dead"));
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
        armFault({ point, action: "throw" });
        await expect(runOnce(reachedBy(job, deaf))).rejects.toThrow();
        await demandTruth(job, {});
        await runOnce(job, { name: "two" });
        expect(Object.values(await visible(job))).toEqual(["two", "two"]);
      },
    );

    it("keeps what was committed for it, wherever it was stopped while another took it for dead", {
      timeout: 240_000,
    }, async () => {
      const store = await openShared();
      const steps = await stepsOf(actors, () => runOnce(bucketJob(stepping(store, "before"))));
      expect(steps).toBeGreaterThan(10);
      for (let at = 0; at < steps; at++) {
        const job = bucketJob(store);
        let second: unknown = "not run";
        const stopped = new Actor(at, async () => {
          await dropLock(job);
          second = await actors.exit(() => outcomeOf(runOnce(job, { name: "second", count: 1 })));
        });
        const first = await actors.run(stopped, () =>
          outcomeOf(runOnce(reachedBy(job, stepping(store, "before")), { name: "first", count: 3 })),
        );
        expect([at, second]).toEqual([at, undefined]);
        await demandTruth(job, { first, second });
      }
    });

    it("is decided once when it fails while whoever took it for dead is in the middle of finishing it", {
      timeout: 240_000,
    }, async () => {
      const store = await openShared();
      const steps = await stepsOf(actors, () => runOnce(bucketJob(stepping(store, "before"))));
      let stops = 0;
      for (let at = 7; at < steps; at += stride) {
        for (let then = 1, isReached = true; isReached; then++) {
          isReached = false;
          const job = bucketJob(store);
          let second: Promise<unknown> = Promise.resolve();
          let resume = (): void => {};
          const failing = new Actor(at, async () => {
            await dropLock(job);
            await new Promise<void>((goOn) => {
              const taker = new Actor(then, async () => {
                isReached = true;
                stops++;
                goOn();
                await new Promise<void>((resolve) => (resume = resolve));
              });
              second = actors.run(taker, () =>
                outcomeOf(runOnce(reachedBy(job, stepping(store, "before")), { name: "second", count: 1 })),
              );
              void second.then(() => goOn());
            });
            throw new Error("the connection broke");
          });
          const first = await actors.run(failing, () =>
            outcomeOf(runOnce(reachedBy(job, stepping(store, "before")), { name: "first" })),
          );
          resume();
          await demandTruth(job, { first, second: await second });
        }
      }
      expect(stops).toBeGreaterThan(40 / stride);
    });

    describe.each(["before", "after"] as const)("a request that fails %s it had its effect", (when) => {
      it("is taken back or finished, by this run or by the next", { timeout: 240_000 }, async () => {
        const store = await openShared();
        const steps = await stepsOf(actors, () => runOnce(bucketJob(stepping(store, when))));
        for (let at = 0; at < steps; at++) {
          for (const isTaken of [false, true]) {
            const job = bucketJob(store);
            let second: unknown;
            const failing = new Actor(at, async () => {
              await dropLock(job);
              if (isTaken) second = await actors.exit(() => outcomeOf(runOnce(job, { name: "second", count: 1 })));
              throw new Error("the connection broke");
            });
            const first = await actors.run(failing, () =>
              outcomeOf(runOnce(reachedBy(job, stepping(store, when)), { name: "first" })),
            );
            await demandTruth(job, isTaken ? { first, second } : { first });
          }
        }
      });
    });
  });
}
