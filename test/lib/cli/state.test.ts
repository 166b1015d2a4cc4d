import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Ledger } from "../../../lib/commit/ledger.ts";
import { loadJob } from "../../../lib/config/job/load-job.ts";
import { booksOf, type JobBooks } from "../../../lib/job/books-of-job.ts";
import { dativo, type Finished, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder, visibleFiles } from "../../support/folder.ts";
import { MemoryWriter } from "../../support/players.ts";

function jobFolder(
  job: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string>> = { "people.csv": PEOPLE_CSV },
): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob({ target_connector: "csv", ...job }), ...files });
  return cwd;
}

const run = (cwd: string, ...flags: string[]): Finished => dativo(["run", "--config", "job.yaml", ...flags], { cwd });
const state = (cwd: string, ...args: string[]): Finished => dativo(["state", ...args, "job.yaml"], { cwd });
// biome-ignore lint/suspicious/noExplicitAny: what a program reads
const stateJson = (cwd: string, ...args: string[]): any => JSON.parse(state(cwd, ...args, "--json").stdout);
const lake = (cwd: string): string => join(cwd, "lake", "people");
const rows = (cwd: string): number =>
  visibleFiles(lake(cwd)).reduce((sum, file) => sum + lines(readFileSync(join(lake(cwd), file), "utf8")), 0);
const lines = (text: string): number => text.trim().split("\n").length - 1;

function stateFile(cwd: string): string {
  const folder = join(cwd, ".local", "state", "acme");
  return join(folder, readdirSync(folder).find((name) => name.endsWith(".state.json")) as string);
}

async function openBooks(cwd: string): Promise<JobBooks & { readonly job: Awaited<ReturnType<typeof loadJob>> }> {
  const job = await loadJob(join(cwd, "job.yaml"), { cwd, env: {} });
  return { job, ...(await booksOf(job, { cwd, env: {} })) };
}

/** Leaves a job as a run would that died: while it staged, or between manifest and decision. */
async function dieIn(cwd: string, step: "staging" | "decision"): Promise<string> {
  const { job, plan, tools } = await openBooks(cwd);
  const ledger = await Ledger.open(plan.place, tools);
  const attempt = await ledger.begin(job.asset);
  const staging = await attempt.stage();
  const file = await attempt.storage.create("people.csv");
  await file.write(Buffer.from("id,name,born\n9,Nine,\n"));
  const files = [{ path: file.path, recordCount: 1, ...(await file.seal()) }];
  if (step === "decision") {
    // A folder where the commit record should be stops the run right before its decision.
    const inTheWay = plan.place.books.commitPath((ledger.latest?.seq ?? 0) + 1);
    mkdirSync(inTheWay, { recursive: true });
    const sealed = {
      writer: new MemoryWriter(),
      files,
      counts: { read: 1, added: 0, filtered: 0, rejected: 0, written: 1 },
      positions: new Map([["nine.csv", { path: "nine.csv" }]]),
      values: undefined,
      schema: job.asset.targetSchema(),
      balanced: true,
    };
    await expect(attempt.commit(sealed)).rejects.toMatchObject({ code: "DTV_OUTCOME_UNKNOWN" });
    rmSync(inTheWay, { recursive: true });
  }
  await ledger.close();
  return staging;
}

describe("dativo state show", () => {
  it("says where a job stands, before its first run and after, and changes nothing", () => {
    const cwd = jobFolder();
    const before = listTree(cwd);
    expect(stateJson(cwd, "show")).toMatchObject({ agreement: "agrees", filesKnown: 0, positions: {}, left: [] });
    expect(listTree(cwd)).toEqual(before);
    run(cwd);
    const shown = stateJson(cwd, "show");
    expect(shown).toMatchObject({
      job: { tenant: "acme", name: "people" },
      stateFile: stateFile(cwd),
      state: { seq: 1 },
      target: { seq: 1, mode: "append", runId: shown.state.runId },
      agreement: "agrees",
      filesKnown: 1,
      positions: { "people.csv": { records: 3 } },
    });
    const { code, stdout, stderr } = dativo(["state", "show", "--config", "job.yaml"], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^agreement {4}yes$/m);
    expect(stdout).toMatch(/^positions {4}people\.csv {2}\{.*"records":3\}$/m);
    expect(stdout).toMatch(/^lock {9}free$/m);
  });

  it("names who holds the lock, and says whether they live", async () => {
    const cwd = jobFolder();
    const { plan, tools } = await openBooks(cwd);
    const ledger = await Ledger.open(plan.place, tools);
    expect(state(cwd, "show").stdout).toMatch(
      new RegExp(`^lock +held by process ${process.pid} on .*${ledger.runId}$`, "m"),
    );
    const held = JSON.parse(readFileSync(plan.place.books.lock.path, "utf8"));
    await ledger.close();
    writeFileSync(plan.place.books.lock.path, JSON.stringify({ ...held, pid: 2 ** 22 + 1 }));
    expect(state(cwd, "show").stdout).toContain("which is dead; the next run takes it over");
    expect(stateJson(cwd, "show").lock).toMatchObject({ isAlive: false, holder: { pid: 2 ** 22 + 1 } });
  });

  it.each<[string, (text: string) => string]>([
    ["does not parse", (text) => text.slice(0, -9)],
    ["is empty", () => ""],
    ["has a wrong hash", (text) => text.replace('"seq": 1', '"seq": 0')],
  ])("does not read a state as empty that %s", (_, spoil) => {
    const cwd = jobFolder();
    run(cwd);
    writeFileSync(stateFile(cwd), spoil(readFileSync(stateFile(cwd), "utf8")));
    const { code, stdout } = state(cwd, "show");
    expect([code, stdout]).toEqual([2, expect.stringMatching(/^state +DTV_STATE_CORRUPT .*state\.json/m)]);
    expect(stdout).toContain("`dativo state repair` writes the state anew");
    expect(stateJson(cwd, "show")).toMatchObject({ stateFault: { code: "DTV_STATE_CORRUPT" }, filesKnown: 1 });
    expect(run(cwd).code).toBe(2);
  });

  it("says what dead runs have left", async () => {
    const cwd = jobFolder();
    await dieIn(cwd, "decision");
    const { left } = stateJson(cwd, "show");
    expect(left.map(({ what }: { what: string }) => what)).toEqual(["manifest", "staging"]);
    expect(state(cwd, "show").code).toBe(0);
  });

  it("wants just one job", () => {
    const cwd = jobFolder();
    expect(dativo(["state", "show"], { cwd }).stderr).toContain("No job was named");
    expect(state(cwd, "show", "--config", "other.yaml").stderr).toContain("Two jobs were named");
    expect(dativo(["state"], { cwd }).code).toBe(2);
  });
});

describe("dativo state repair", () => {
  it.each<[string, (path: string, first: string) => void]>([
    ["missing", (path) => rmSync(path)],
    ["damaged", (path) => writeFileSync(path, "{")],
    ["behind", (path, first) => writeFileSync(path, first)],
  ])("writes a state anew that is %s", (was, spoil) => {
    const cwd = jobFolder({ source: { files: [{ path: "*.csv" }] } });
    run(cwd);
    const first = readFileSync(stateFile(cwd), "utf8");
    writeFiles(cwd, { "more.csv": "id,name,born\n4,Alan,1912-06-23\n" });
    run(cwd);
    const path = stateFile(cwd);
    const second = readFileSync(path, "utf8");
    spoil(path, first);
    const repaired = state(cwd, "repair", "--from-target");
    expect([repaired.code, repaired.stdout]).toEqual([
      0,
      `Wrote the state anew from commit 2 of the target; it was ${was}\n`,
    ]);
    expect(readFileSync(path, "utf8")).toBe(second);
    expect(state(cwd, "repair").stdout).toBe("Nothing to repair: state and target agree on commit 2\n");
    expect(run(cwd).stderr).toContain("nothing new");
  });

  it("refuses where the target knows less than the state, or may", () => {
    const cwd = jobFolder();
    expect(state(cwd, "repair").stdout).toContain("the job has not committed anything yet");
    run(cwd);
    const whole = readFileSync(stateFile(cwd), "utf8");
    rmSync(lake(cwd), { recursive: true });
    for (const text of [whole, "{"]) {
      writeFileSync(stateFile(cwd), text);
      const { code, stderr } = state(cwd, "repair");
      expect([code, stderr]).toEqual([2, expect.stringContaining("DTV_TARGET_BEHIND")]);
      expect(stderr).toContain("dativo state reset");
      expect(readFileSync(stateFile(cwd), "utf8")).toBe(text);
    }
  });
});

describe("dativo state reset", () => {
  it("has the next run add everything once more, and only when that was confirmed", () => {
    const cwd = jobFolder();
    expect(state(cwd, "reset").stdout).toContain("Nothing to reset");
    run(cwd);
    const before = listTree(cwd);
    const refused = state(cwd, "reset");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/DTV_NOT_CONFIRMED .* 3 records/)]);
    expect(listTree(cwd)).toEqual(before);
    expect(state(cwd, "reset", "--yes").stdout).toContain("Reset with commit 2: the next run reads everything anew");
    expect(state(cwd, "reset", "--yes").stdout).toContain("Nothing to reset");
    expect([rows(cwd), stateJson(cwd, "show").filesKnown]).toEqual([3, 0]);
    run(cwd);
    expect(rows(cwd)).toBe(6);
    expect(run(cwd).stderr).toContain("nothing new");
    // The files of before the reset are the job's as well.
    run(cwd, "--full-refresh");
    expect(rows(cwd)).toBe(3);
  });

  it("stands although the state is lost afterwards, for the target has it", () => {
    const cwd = jobFolder();
    run(cwd);
    state(cwd, "reset", "--yes");
    rmSync(stateFile(cwd));
    run(cwd);
    expect(rows(cwd)).toBe(6);
  });

  it("asks nothing where nothing can be doubled", () => {
    const overwriting = jobFolder({ target: { connection: { path: "lake/people" }, write_mode: "overwrite" } });
    run(overwriting);
    expect(state(overwriting, "reset").code).toBe(0);
    run(overwriting);
    expect(rows(overwriting)).toBe(3);
    const emptied = jobFolder();
    run(emptied);
    for (const file of visibleFiles(lake(emptied))) rmSync(join(lake(emptied), file));
    expect(state(emptied, "reset").stdout).toContain("the target keeps no file of this job");
    run(emptied);
    expect(rows(emptied)).toBe(3);
  });

  it("goes on from a target that was emptied, and from a state that says nothing", () => {
    for (const spoil of [() => {}, (path: string) => writeFileSync(path, "{")]) {
      const cwd = jobFolder();
      run(cwd);
      rmSync(lake(cwd), { recursive: true });
      spoil(stateFile(cwd));
      expect(run(cwd).code).toBe(2);
      expect(state(cwd, "reset").code).toBe(0);
      expect(run(cwd).code).toBe(0);
      expect([rows(cwd), stateJson(cwd, "show").agreement]).toEqual([3, "agrees"]);
    }
  });

  it("counts on from a state that is ahead of a target that was set back, and loses sight of nothing in it", () => {
    const cwd = jobFolder({ source: { files: [{ path: "*.csv" }] } });
    run(cwd);
    const [first] = visibleFiles(lake(cwd));
    for (const id of [4, 5]) {
      writeFiles(cwd, { [`${id}.csv`]: `id,name,born\n${id},Alan,\n` });
      run(cwd);
    }
    // As from a backup that was made after the first run.
    const commits = join(lake(cwd), "_dativo", readdirSync(join(lake(cwd), "_dativo"))[0] as string, "commits");
    for (const name of readdirSync(commits).slice(1)) rmSync(join(commits, name));
    for (const file of visibleFiles(lake(cwd))) if (file !== first) rmSync(join(lake(cwd), file));
    for (const end of [run(cwd), state(cwd, "repair")])
      expect(end.stderr).toContain("DTV_TARGET_BEHIND The state says that 3");
    expect(state(cwd, "reset").stderr).toContain("DTV_NOT_CONFIRMED");
    expect(state(cwd, "reset", "--yes").stdout).toContain("Reset with commit 4");
    expect(run(cwd).code).toBe(0);
    expect(rows(cwd)).toBe(8);
    run(cwd, "--full-refresh");
    expect([rows(cwd), stateJson(cwd, "show").target.seq]).toEqual([5, 6]);
  });

  it("waits for nobody", async () => {
    const cwd = jobFolder();
    const { plan, tools } = await openBooks(cwd);
    const ledger = await Ledger.open(plan.place, tools);
    for (const command of ["reset", "repair"]) expect(state(cwd, command).stderr).toContain("DTV_LOCKED");
    await ledger.close();
  });
});

describe("dativo recover", () => {
  const recover = (cwd: string): Finished => dativo(["recover", "--config", "job.yaml"], { cwd });

  it("has nothing to do where nobody died", () => {
    const cwd = jobFolder();
    run(cwd);
    expect(recover(cwd)).toMatchObject({ code: 0, stdout: "Nothing to recover\n" });
  });

  it("removes what a run had staged", async () => {
    const cwd = jobFolder();
    await dieIn(cwd, "staging");
    expect(recover(cwd).stdout).toMatch(/^Removed what run \S+ had staged before it died\n$/);
    expect(recover(cwd).stdout).toBe("Nothing to recover\n");
  });

  it("finishes a run that was prepared, and brings the state up", async () => {
    const cwd = jobFolder();
    await dieIn(cwd, "decision");
    expect(recover(cwd).stdout).toMatch(
      /^Finished run \S+, which had died in its commit 1\nBrought the state up to commit 1 of the target\n$/,
    );
    expect([rows(cwd), stateJson(cwd, "show").left]).toEqual([1, []]);
  });

  it("undoes a run whose files are gone", async () => {
    const cwd = jobFolder();
    run(cwd);
    const staging = await dieIn(cwd, "decision");
    rmSync(staging, { recursive: true });
    for (const file of visibleFiles(lake(cwd))) {
      if (readFileSync(join(lake(cwd), file), "utf8").includes("Nine")) rmSync(join(lake(cwd), file));
    }
    const { stdout } = dativo(["recover", "job.yaml", "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ done: [{ did: "undid", seq: 2 }], seq: 1 });
    expect(rows(cwd)).toBe(3);
  });

  it("stops where the next run would", () => {
    const cwd = jobFolder();
    run(cwd);
    rmSync(lake(cwd), { recursive: true });
    expect(recover(cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining("DTV_TARGET_BEHIND") });
  });
});
