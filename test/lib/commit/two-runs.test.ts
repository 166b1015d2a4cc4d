import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FileLock } from "../../../lib/commit/folder/file-lock.ts";
import { JobLock } from "../../../lib/commit/lock.ts";
import { loadJob } from "../../../lib/config/job/load-job.ts";
import { booksOf } from "../../../lib/job/books-of-job.ts";
import { PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { begin, runTwice } from "../../support/race.ts";

function jobFolder(): string {
  const cwd = tempFolder();
  writeFiles(cwd, {
    "people.csv": PEOPLE_CSV,
    "people.yaml": PEOPLE_ASSET,
    "job.yaml": smallJob({ target_connector: "csv" }),
  });
  return cwd;
}

/** The lock of the job, held by this process. */
async function holdLock(cwd: string): Promise<{ lock: JobLock; path: string }> {
  const { plan } = await booksOf(await loadJob("job.yaml", { cwd, env: {} }), { cwd, env: {} });
  const { root, lock } = plan.place.books;
  mkdirSync(root, { recursive: true });
  return { lock: await JobLock.acquire(new FileLock(lock.path), "the run of this test"), path: lock.path };
}

const run = (cwd: string, ...flags: string[]) => begin(["run", "--config", "job.yaml", ...flags], cwd);
const files = (cwd: string): string[] => visibleFiles(join(cwd, "lake", "people"));

describe("two runs of one job", () => {
  it("started at once load the data once", async () => {
    for (let round = 0; round < 3; round++) {
      const cwd = jobFolder();
      const ends = await runTwice(cwd);
      expect(files(cwd)).toHaveLength(1);
      const outcomes = ends.map(({ stdout }) => JSON.parse(stdout)).map(({ status, error }) => status ?? error.code);
      expect(outcomes.filter((outcome) => outcome === "committed")).toHaveLength(1);
      expect(["unchanged", "DTV_LOCKED"]).toContain(outcomes.find((outcome) => outcome !== "committed"));
    }
  });

  it("started at once load the data once when each waits for the other", async () => {
    const cwd = jobFolder();
    const ends = await runTwice(cwd, "--wait-for-lock");
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(ends.map(({ stdout }) => JSON.parse(stdout).status).sort()).toEqual(["committed", "unchanged"]);
    expect(files(cwd)).toHaveLength(1);
  });

  it("do not wait unless they are told to, and then no longer than they are told to", async () => {
    const cwd = jobFolder();
    const { lock } = await holdLock(cwd);
    const holder = `process ${process.pid} on `;
    const atOnce = await run(cwd).ended;
    expect([atOnce.code, atOnce.stderr]).toEqual([2, expect.stringContaining("--wait-for-lock")]);
    expect(atOnce.stderr).toContain(`DTV_LOCKED Another run of this job is under way: ${holder}`);
    expect(atOnce.stderr).not.toContain("Waiting");
    const started = performance.now();
    const late = await run(cwd, "--wait-for-lock", "1.5s").ended;
    expect(performance.now() - started).toBeGreaterThan(1_500);
    expect([late.code, late.stderr]).toEqual([
      2,
      expect.stringContaining("DTV_LOCKED Another run of this job is still"),
    ]);
    expect(late.stderr.match(/Waiting for another run of this job to end: process/g)).toHaveLength(1);
    await lock.release();
    expect(files(cwd)).toEqual([]);
  });

  it("go on when the other one has ended", async () => {
    const cwd = jobFolder();
    const { lock } = await holdLock(cwd);
    const waiting = run(cwd, "--wait-for-lock");
    await waiting.said("Waiting for another run");
    await lock.release();
    expect((await waiting.ended).code).toBe(0);
    expect(files(cwd)).toHaveLength(1);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("stop waiting on %s", async (name, code) => {
    const cwd = jobFolder();
    const { lock } = await holdLock(cwd);
    const waiting = run(cwd, "--wait-for-lock");
    await waiting.said("Waiting for another run");
    waiting.signal(name);
    const end = await waiting.ended;
    expect([end.code, end.stderr]).toEqual([
      code,
      expect.stringContaining(`Interrupted by ${name}; nothing was published`),
    ]);
    await lock.release();
    expect(files(cwd)).toEqual([]);
  });

  it("take the lock over from one that dies while they wait", async () => {
    const cwd = jobFolder();
    const { lock, path } = await holdLock(cwd);
    const other = spawn("sleep", ["100"]);
    onTestFinished(() => void other.kill());
    const holder = { ...JSON.parse(readFileSync(path, "utf8")), pid: other.pid, startTicks: "" };
    writeFileSync(path, JSON.stringify(holder));
    const waiting = run(cwd, "--wait-for-lock", "20s");
    await waiting.said(`Waiting for another run of this job to end: process ${other.pid} on `);
    other.kill("SIGKILL");
    expect((await waiting.ended).code).toBe(0);
    expect(files(cwd)).toHaveLength(1);
    await lock.release();
  });
});
