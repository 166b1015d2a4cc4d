import { renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunPreview } from "../../../lib/job/preview-run.ts";
import { dativo, type Finished, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder } from "../../support/folder.ts";

function jobFolder(job: Readonly<Record<string, unknown>> = {}): string {
  const cwd = tempFolder();
  const overrides = { target_connector: "csv", source: { files: [{ path: "*.csv" }] }, ...job };
  writeFiles(cwd, { "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob(overrides), "people.csv": PEOPLE_CSV });
  return cwd;
}

const run = (cwd: string, ...flags: string[]): Finished => dativo(["run", "--config", "job.yaml", ...flags], { cwd });
const plan = (cwd: string, ...flags: string[]): Finished => dativo(["plan", "job.yaml", ...flags], { cwd });
const planJson = (cwd: string, ...flags: string[]): RunPreview => JSON.parse(plan(cwd, "--json", ...flags).stdout);
const statuses = ({ source }: RunPreview): Record<string, string> =>
  Object.fromEntries(
    (source.files ?? []).map(({ path, status, isRead }) => [path, `${status}${isRead ? ", read" : ""}`]),
  );

describe("dativo plan", () => {
  it("says what a run would read and write, and leaves everything as it is", () => {
    const cwd = jobFolder();
    const before = listTree(cwd);
    const { code, stdout, stderr } = plan(cwd);
    expect([code, stderr, listTree(cwd)]).toEqual([0, "", before]);
    expect(stdout).toMatch(/^commit +1$/m);
    expect(stdout).toMatch(/^reads +1 file, 59 B; 0 files loaded before\n +people\.csv {2}59 B, new$/m);
    expect(stdout).toMatch(new RegExp(`^writes +csv to ${join(cwd, "lake", "people")}, append, flat$`, "m"));
    expect(stdout).toMatch(/^guarantee +exactly-once/m);
    expect(planJson(cwd).job).toMatchObject({
      tenant: "acme",
      name: "people",
      key: expect.stringContaining("file://"),
    });
  });

  it("tells files as the run then does", () => {
    const cwd = jobFolder();
    writeFiles(cwd, { "old.csv": "id,name,born\n4,Alan,\n", "touched.csv": "id,name,born\n5,Kay,\n" });
    run(cwd);
    renameSync(join(cwd, "old.csv"), join(cwd, "other.csv"));
    utimesSync(join(cwd, "touched.csv"), 1, 1);
    writeFiles(cwd, { "new.csv": "id,name,born\n6,Barbara,\n" });
    const before = listTree(cwd);
    expect(statuses(planJson(cwd))).toEqual({
      "new.csv": "new, read",
      "other.csv": "renamed",
      "people.csv": "loaded",
      "touched.csv": "loaded",
    });
    expect(planJson(cwd)).toMatchObject({ seq: 2, target: { mode: "append", replaces: 0 } });
    expect(listTree(cwd)).toEqual(before);
    expect(JSON.parse(run(cwd, "--json").stdout)).toMatchObject({ job: { seq: 2 }, counts: { read: 1 } });
  });

  it("ends with 2 where the run would stop, and says why", () => {
    const cwd = jobFolder();
    run(cwd);
    writeFileSync(join(cwd, "people.csv"), `${PEOPLE_CSV}4,Alan,\n`);
    expect(plan(cwd)).toMatchObject({ code: 0, stdout: expect.stringContaining("grown since it was loaded") });
    expect(statuses(planJson(cwd))).toEqual({ "people.csv": "grown, read" });
    writeFileSync(join(cwd, "people.csv"), PEOPLE_CSV.replace("Ada", "Eve"));
    const changed = plan(cwd);
    expect([changed.code, changed.stdout]).toEqual([2, expect.stringContaining("changed since it was loaded")]);
    expect(plan(cwd, "--full-refresh").code).toBe(0);
    expect(statuses(planJson(cwd, "--full-refresh"))).toEqual({ "people.csv": "changed, read" });
    expect(planJson(cwd, "--full-refresh").target).toMatchObject({ mode: "overwrite", replaces: 1 });
    writeFileSync(join(cwd, "people.csv"), PEOPLE_CSV);
    expect(plan(cwd).code).toBe(0);
    rmSync(join(cwd, "lake"), { recursive: true });
    expect([plan(cwd).code, planJson(cwd).stops?.code]).toEqual([2, "DTV_TARGET_BEHIND"]);
    rmSync(join(cwd, "people.csv"));
    expect(plan(cwd).stderr).toContain("DTV_SOURCE_NOT_FOUND");
  });

  it("asks nothing of a reader of the job's own, which may be far away", () => {
    const cwd = jobFolder({ source: { custom_reader: "own.mjs:Own" } });
    writeFiles(cwd, {
      "own.mjs": `import { BaseReader } from "dativo-ingest";
        export class Own extends BaseReader { plan() { throw new Error("asked"); } *extract() { throw new Error("asked"); } }`,
    });
    const { code, stdout } = plan(cwd);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^reads +what .*own\.mjs:Own gives; only a run can tell$/m),
    ]);
  });
});
