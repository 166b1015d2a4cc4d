import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { restoreFolder } from "../../lib/testing/restore-folder.ts";
import { CrashFolder, rowsOf, sameRows } from "../support/crash-folder.ts";
import { tempFolder } from "../support/folder.ts";
import { describeStrace, failAt, killBefore, ONE_THREAD, traceTo, WRITES } from "../support/strace.ts";

const LAYOUTS = ["flat", "run-dir"] as const;
const ROWS = rowsOf(1, 5);

interface Case {
  readonly work: CrashFolder;
  /** Puts the folder back to before the run. */
  restore(): Promise<void>;
}

async function newCase(layout: (typeof LAYOUTS)[number], faults?: string): Promise<Case> {
  const folder = tempFolder();
  const work = new CrashFolder(join(folder, "work"), { mode: "append", layout, files: ["in/*.csv"] });
  work.addSource("in/a.csv", ROWS);
  if (faults !== undefined) await work.run({ faults });
  await restoreFolder(work.folder, join(folder, "saved"));
  return { work, restore: () => restoreFolder(join(folder, "saved"), work.folder) };
}

/** Most of them wake threads of Node; of those that reach the disk, some are met by each layout. */
const STRIDES: Readonly<Record<string, number>> = { write: 11 };

/** Where a run dies of which the next one dies as well. Steps of recovery that both layouts have are tried with one. */
const TWICE = [
  ["K13", "flat"],
  ["K13", "run-dir"],
  ["K15", "flat"],
  ["K16", "run-dir"],
  ["K18", "flat"],
  ["K20", "run-dir"],
] as const;

/** Not each of those that there are many of: together these tests are to end in little more than a minute. */
const STRIDES_OF_SECOND: Readonly<Record<string, number>> = { write: 97, fsync: 2, unlink: 2 };

/** Runs a case with the n-th call spoilt, for every n that there is, or every so many. Returns how many were. */
async function spoilEach(
  one: Case,
  spoil: (n: number) => string[],
  look: (n: number) => Promise<void>,
  stride = 1,
): Promise<number> {
  for (let n = stride, count = 0; ; n += stride, count++) {
    await one.restore();
    const { code } = await one.work.run({ under: spoil(n), env: ONE_THREAD });
    if (code === 0) return count;
    await look(n);
  }
}

/** Looks at what a kill left, and at what the next run makes of it. */
async function expectMadeGood({ work }: Case, n: number): Promise<void> {
  expect([n, ...work.faultsAlways()]).toEqual([n]);
  const { code, stderr } = await work.run();
  expect([n, code, code === 0 ? "" : stderr]).toEqual([n, 0, ""]);
  expect([n, sameRows(work.rows(), ROWS), ...work.litter()]).toEqual([n, true]);
}

describeStrace("a run that is spoilt at a system call", () => {
  it.each(LAYOUTS.flatMap((layout) => Object.entries(WRITES).map(([name, calls]) => ({ layout, name, calls }))))(
    "is made good by the next one when it is killed before each $name, $layout",
    { timeout: 600_000 },
    async ({ layout, name, calls }) => {
      const one = await newCase(layout);
      const count = await spoilEach(
        one,
        (n) => killBefore(calls, n),
        (n) => expectMadeGood(one, n),
        STRIDES[name],
      );
      expect(count).toBeGreaterThan(0);
      console.log(`${layout}: killed before each of ${count} calls of ${name}`);
    },
  );

  it.each(TWICE)(
    "is made good by the third one when the second is killed as well, after %s, %s",
    { timeout: 300_000 },
    async (point, layout) => {
      const one = await newCase(layout, `${point}:kill`);
      const counts: string[] = [];
      for (const [name, calls] of Object.entries(WRITES)) {
        const spoil = (n: number): string[] => killBefore(calls, n);
        const count = await spoilEach(one, spoil, (n) => expectMadeGood(one, n), STRIDES_OF_SECOND[name]);
        counts.push(`${count} calls of ${name}`);
      }
      expect(counts.filter((count) => !count.startsWith("0 ")).length).toBeGreaterThan(2);
      console.log(`${layout}: killed at ${point}, and the next run before ${counts.join(", ")}`);
    },
  );

  it.each(LAYOUTS)(
    "publishes nothing that was not synced when a sync fails, %s",
    { timeout: 600_000 },
    async (layout) => {
      const one = await newCase(layout);
      for (let n = 1, failures = 0; ; n++) {
        await one.restore();
        const { code, stderr } = await one.work.run({ under: failAt(WRITES.fsync, n, "EIO"), env: ONE_THREAD });
        expect([n, ...one.work.faultsAlways()]).toEqual([n]);
        failures += code === 0 ? 0 : 1;
        if (one.work.commits().length === 0)
          expect([n, code, one.work.rows(), stderr.includes("DTV_")]).toEqual([n, 2, [], true]);
        const isOver = code === 0 && !/failed|left behind/.test(stderr);
        const next = await one.work.run();
        expect([n, next.code]).toEqual([n, 0]);
        expect([n, sameRows(one.work.rows(), ROWS), ...one.work.litter()]).toEqual([n, true]);
        if (!isOver) continue;
        expect(failures).toBeGreaterThan(5);
        return;
      }
    },
  );

  it.each(LAYOUTS)("makes everything durable before what rests on it, %s", async (layout) => {
    const { work } = await newCase(layout);
    const trace = join(work.folder, "trace");
    const calls = [WRITES.fsync, WRITES.link, WRITES.rename].join(",");
    await work.run({ under: traceTo(trace, calls), env: ONE_THREAD });
    const lines = readFileSync(trace, "utf8").split("\n");
    const at = (pattern: RegExp): number[] => lines.flatMap((line, index) => (pattern.test(line) ? [index] : []));
    const synced = (path: string): RegExp => new RegExp(`(fsync|fdatasync)\\(\\d+<[^>]*${path}>\\) = 0`);
    const order: [string, number[]][] = [
      ["staged files", at(synced("jsonl\\.staged"))],
      ["the staging folder", at(synced("/staging/[^/]+"))],
      ["the manifest", at(synced("manifest[^/]*\\.tmp"))],
      ["the manifest's name", at(/link(at)?\(.*manifest[^"]*\.tmp".*\.manifest"/)],
      ["the manifest's folder", at(synced("/pending"))],
      ["the published names", at(layout === "flat" ? /link(at)?\(.*jsonl\.staged"/ : /rename.*\/out".*\/lake\/rows-/)],
      ["the target folder", at(synced("/lake"))],
      ["the decision", at(/link(at)?\(.*\.manifest".*\.commit"/)],
      ["the folder of decisions", at(synced("/commits"))],
      ["the state", at(synced("state\\.json[^/]*\\.tmp"))],
      ["the state's name", at(/rename.*state\.json[^"]*\.tmp"/)],
    ];
    for (const [what, places] of order) expect([what, places.length > 0]).toEqual([what, true]);
    for (const [index, [what, places]] of order.entries()) {
      const [next, following = []] = order[index + 1] ?? [];
      // A folder may be synced for other reasons before; what counts is that it was once more in between.
      const isBetween = places.some((place) => place < (following.at(-1) ?? Number.POSITIVE_INFINITY));
      expect([what, next, isBetween]).toEqual([what, next, true]);
    }
    const lastOf = (what: string): number => Math.max(...(order.find(([name]) => name === what)?.[1] ?? []));
    const firstOf = (what: string): number => Math.min(...(order.find(([name]) => name === what)?.[1] ?? []));
    expect(lastOf("staged files")).toBeLessThan(firstOf("the manifest's name"));
    expect(firstOf("the manifest's name")).toBeLessThan(firstOf("the published names"));
    expect(at(synced("/lake")).some((n) => n > lastOf("the published names") && n < firstOf("the decision"))).toBe(
      true,
    );
    expect(at(synced("/commits")).some((n) => n > firstOf("the decision") && n < firstOf("the state's name"))).toBe(
      true,
    );
  });
});
