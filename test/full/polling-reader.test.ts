import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { NODE, writeFiles } from "../support/cli.ts";
import { CrashFolder, type CrashJob, rowsOf, sameRows } from "../support/crash-folder.ts";
import { tempFolder } from "../support/folder.ts";

const ROWS = 7;
/** How runs die, each with something new to load; the next run makes it good. */
const FAULTS = ["", "K13:kill", "K15:kill", "K16:kill", "K16:throw", "K17:kill", "K18:kill", "K19:kill", ""];

/** Names that look as if they were ours, and are not. */
const BYSTANDERS = {
  "rows-00000.csv": "id\n1\n",
  "rows-01a208a8-030f-752a-b74f-8e4346db1aca/rows-00000.txt": "of somebody else",
  "rows-00000-01a208a8-030f-752a-b74f-8e4346db1aca.jsonl.staged": "",
};

interface Sight {
  readonly polls: number;
  /** For each run, every number of records of it that was ever seen at one time. */
  readonly seen: readonly (readonly number[])[];
}

/** A process that reads the target all the time; ends with what it saw. */
async function startReader(folder: string): Promise<() => Promise<Sight>> {
  const child = spawn(NODE, [join(import.meta.dirname, "../support/poll-target.mjs"), folder]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  child.stdout.on("data", (text) => (stdout += text));
  await once(child.stdout, "data");
  return async () => {
    child.stdin.end();
    await once(child, "close");
    return JSON.parse(stdout.split("\n")[1] as string) as Sight;
  };
}

/** Runs that come and die while the target is read. */
async function readWhileRunning(layout: CrashJob["layout"]): Promise<{ work: CrashFolder; sight: Sight }> {
  const work = new CrashFolder(tempFolder(), { mode: "append", layout, files: ["in/*.csv"] });
  writeFiles(join(work.folder, "lake"), BYSTANDERS);
  const before = hashes(work);
  const endReader = await startReader(join(work.folder, "lake"));
  for (const [index, faults] of FAULTS.entries()) {
    work.addSource(`in/${index}.csv`, rowsOf(index * ROWS + 1, (index + 1) * ROWS));
    const { code } = await work.run({ faults });
    expect([faults, code === 0]).toEqual([faults, faults === ""]);
    if (faults !== "") expect(await work.run()).toMatchObject({ code: 0 });
  }
  const sight = await endReader();
  expect(hashes(work)).toEqual(before);
  expect(sameRows(work.rows(), rowsOf(1, FAULTS.length * ROWS))).toBe(true);
  return { work, sight };
}

function hashes(work: CrashFolder): string[] {
  const paths = ["bystander.txt", ...Object.keys(BYSTANDERS)].map((path) => join(work.folder, "lake", path));
  return paths.map((path) => createHash("sha256").update(readFileSync(path)).digest("hex"));
}

describe("a reader that looks at the target all the time", { timeout: 120_000 }, () => {
  it("sees every run whole or not at all in run-dir, whatever becomes of the runs", async () => {
    const { sight } = await readWhileRunning("run-dir");
    expect(sight.polls).toBeGreaterThan(500);
    expect(sight.seen.filter((counts) => counts.join() === `${ROWS}`).length).toBeGreaterThanOrEqual(FAULTS.length);
    expect(sight.seen.filter((counts) => counts.join() !== `${ROWS}`)).toEqual([]);
    console.log(`${sight.polls} looks at ${sight.seen.length} runs`);
  });

  it("may see a part of a run in flat, until the run or the next one is done", async () => {
    const { sight } = await readWhileRunning("flat");
    // One of the runs dies with its first file published, and a reader has all the time until the next one.
    expect(sight.seen.some((counts) => counts.some((count) => count < ROWS))).toBe(true);
    expect(sight.seen.filter((counts) => counts.includes(ROWS)).length).toBeGreaterThanOrEqual(FAULTS.length);
  });
});
