import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { writeFiles } from "../support/cli.ts";
import { askDuckDB } from "../support/duckdb.ts";
import { listTree, tempFolder } from "../support/folder.ts";
import { isRunning } from "../support/processes.ts";
import { pidOf, shell, startShell } from "../support/shell.ts";

/** A hundred of each take ten minutes; fewer are enough to see that nothing has changed. */
const KILLS = Number(process.env["DATIVO_TEST_KILLS"] ?? 25);
const ROWS = 20_000;
const MANY = `id,name\n${Array.from({ length: ROWS }, (_, id) => `${id},name ${id}\n`).join("")}`;
/** Takes its time, so that there is a middle to be killed in. */
const SLOW = `let seen = 0;
export async function map(row) {
  if (++seen % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 8));
  return row;
}`;
const UPSTREAM = "stage read read many.csv | stage map map slow.ts";

/** A folder with a stream in a file, byte for byte what the upstream processes send every time. */
function folderWithStream(): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "many.csv": MANY, "slow.ts": SLOW });
  const end = shell(`${UPSTREAM} > stream && ${UPSTREAM} | cmp - stream`, { cwd });
  expect(end).toMatchObject({ code: 0, stderr: "" });
  return cwd;
}

/** Records in a folder, and how many of them are different. */
async function rowsIn(folder: string): Promise<string> {
  if (!listTree(folder).some((path) => /^[^/]+\.parquet$/.test(path))) return "0 0";
  const [found] = await askDuckDB(`select count(*) as n, count(distinct id) as ids from '${folder}/*.parquet'`);
  return `${found?.["n"]} ${found?.["ids"]}`;
}

const NONE = "0 0";
const ALL = `${ROWS} ${ROWS}`;

/** Whatever became of the first writing, another one of the same stream completes it. */
async function expectOnce(cwd: string, target: string, when: string): Promise<string> {
  const folder = join(cwd, target);
  shell(`mkdir -p ${target}`, { cwd });
  const before = await rowsIn(folder);
  expect([when, before]).toEqual([when, before === ALL ? ALL : NONE]);
  const again = shell(`dativo write ${target} < stream`, { cwd });
  expect([when, again.code, await rowsIn(folder)]).toEqual([when, 0, ALL]);
  return before;
}

/** Runs a script, kills one of its stages so much later than it began, and waits for the others. */
async function killIn(script: string, stage: string, cwd: string, delayMs: number): Promise<void> {
  const run = startShell(`rm -f ${stage}.pid; ${script}`, { cwd }, "ignore");
  const end = once(run, "exit");
  const pid = await pidOf(stage, cwd);
  await sleep(delayMs);
  if (isRunning(pid)) process.kill(pid, "SIGKILL");
  await end;
  shell(`rm -f ${stage}.pid`, { cwd });
}

describe("a pipe that is killed at any moment", () => {
  it.each(["read", "map", "write"])(
    `publishes all or nothing, and once: %s, ${KILLS} times`,
    { timeout: 900_000 },
    async (victim) => {
      const cwd = folderWithStream();
      shell("rm -f *.pid", { cwd });
      const start = Date.now();
      expect(shell(`${UPSTREAM} | stage write write whole`, { cwd }).code).toBe(0);
      const wholeMs = Date.now() - start;
      const ends: string[] = [];
      shell("rm -f *.pid", { cwd });
      for (let kill = 0; kill < KILLS; kill++) {
        const delayMs = ((kill + Math.random()) / KILLS) * wholeMs;
        const target = `lake-${kill}`;
        await killIn(`${UPSTREAM} | stage write write ${target}`, victim, cwd, delayMs);
        ends.push(await expectOnce(cwd, target, `${victim} after ${delayMs} ms`));
      }
      console.log(`${victim}: ${ends.filter((end) => end === NONE).length} of ${KILLS} had published nothing`);
      expect(ends).toContain(NONE);
    },
  );

  it("publishes all or nothing, and once, when it has received the whole stream", { timeout: 900_000 }, async () => {
    const cwd = folderWithStream();
    const start = Date.now();
    expect(shell("dativo write whole < stream", { cwd }).code).toBe(0);
    const wholeMs = Date.now() - start;
    const ends: string[] = [];
    shell("rm -f *.pid", { cwd });
    for (let kill = 0; kill < KILLS; kill++) {
      // The stream is there at once; what takes time is what comes behind it.
      const delayMs = (0.3 + 0.9 * ((kill + Math.random()) / KILLS)) * wholeMs;
      const target = `lake-${kill}`;
      await killIn(`stage write write ${target} < stream`, "write", cwd, delayMs);
      ends.push(await expectOnce(cwd, target, `after ${delayMs} ms`));
    }
    console.log(`write alone: ${ends.filter((end) => end === NONE).length} of ${KILLS} had published nothing`);
    expect(new Set(ends)).toEqual(new Set([NONE, ALL]));
  });
});

describe("a writing that is killed behind the trailer", () => {
  it.each(["K08", "K09", "K13", "K14", "K16", "K17", "K18", "K19", "K23", "K24", "K25"])(
    "is completed by another one: %s",
    async (point) => {
      const cwd = folderWithStream();
      const env = { DATIVO_FAILPOINT: `${point}:kill` };
      expect(shell("dativo write lake < stream", { cwd, env }).code).not.toBe(0);
      await expectOnce(cwd, "lake", point);
    },
  );
});
