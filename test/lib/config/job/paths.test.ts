import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadJob } from "../../../../lib/config/job/load-job.ts";
import { ASSET, errorOf, smallJob, workspace } from "../workspace.ts";

const CSV = "name: mine\ntype: csv\n";

/** A job in `jobs/`, started from the folder above. */
async function loadBeside(job: string, files: Record<string, string>) {
  const cwd = workspace({ "jobs/job.yaml": job, ...files });
  return { cwd, job: await loadJob("jobs/job.yaml", { cwd, env: {} }) };
}

describe("relative paths", () => {
  const job = smallJob().replace("source_connector: csv", "source_connector_path: mine.yaml");

  it("are looked for in the working directory first", async () => {
    const { cwd, job: loaded } = await loadBeside(job, {
      "mine.yaml": CSV,
      "jobs/mine.yaml": "name: other\ntype: jsonl\n",
      "assets/people.yaml": ASSET,
      "jobs/assets/people.yaml": "broken",
      "data/people.csv": "",
      "jobs/data/people.csv": "",
    });
    expect(loaded.source.type).toBe("csv");
    expect(loaded.assetFile).toBe(join(cwd, "assets/people.yaml"));
    expect(loaded.source.config.files).toEqual([{ path: "data/people.csv" }]);
  });

  it("and beside the job file second", async () => {
    const { cwd, job: loaded } = await loadBeside(job, {
      "jobs/mine.yaml": CSV,
      "jobs/assets/people.yaml": ASSET,
      "jobs/data/people.csv": "",
    });
    expect(loaded.assetFile).toBe(join(cwd, "jobs/assets/people.yaml"));
    expect(loaded.source.config.files).toEqual([{ path: join(cwd, "jobs/data/people.csv") }]);
    // The target does not move with what lies around: the job's state hangs on it.
    expect(loaded.target.path).toBe(join(cwd, "lake/people"));
  });

  it("both places are named when there is nothing", async () => {
    const cwd = workspace({ "jobs/job.yaml": job });
    const error = await errorOf(loadJob("jobs/job.yaml", { cwd, env: {} }));
    expect(error.code).toBe("DTV_CONFIG_NOT_FOUND");
    expect(error.message.split("\n")).toEqual([
      `jobs/job.yaml:2:24  source_connector_path: Connector recipe not found: mine.yaml (looked for ${join(cwd, "mine.yaml")}, then ${join(cwd, "jobs/mine.yaml")}); leave source_connector_path out to use a recipe that ships with Dativo`,
      `jobs/job.yaml:6:13  asset_path: Asset definition not found: assets/people.yaml (looked for ${join(cwd, "assets/people.yaml")}, then ${join(cwd, "jobs/assets/people.yaml")})`,
    ]);
    expect(error.hint).toBe("`dativo init FILE` writes a contract from a data file.");
  });

  it("a job without asset_path is told about dativo init too", async () => {
    const cwd = workspace({ "job.yaml": smallJob().replace(/asset_path.*/, "") });
    const error = await errorOf(loadJob("job.yaml", { cwd, env: {} }));
    expect(error.message).toBe("job.yaml:1:1  asset_path: is required");
    expect(error.hint).toContain("dativo init");
  });
});

describe("source files", () => {
  it.each([
    ["there from the working directory", "in/a.csv", { "in/a.csv": "", "jobs/in/a.csv": "" }, "in/a.csv"],
    ["only beside the job", "in/a.csv", { "jobs/in/a.csv": "" }, "<jobs>/in/a.csv"],
    ["nowhere", "in/a.csv", {}, "in/a.csv"],
    ["a pattern: its folder decides", "in/*.csv", { "jobs/in/a.csv": "" }, "<jobs>/in/*.csv"],
    [
      "a pattern: the working directory's folder first",
      "in/*.csv",
      { "in/b.txt": "", "jobs/in/a.csv": "" },
      "in/*.csv",
    ],
    ["a deep pattern", "in/**/x-{1,2}.csv", { "jobs/in/a.csv": "" }, "<jobs>/in/**/x-{1,2}.csv"],
    ["absolute", "/data/large_file.csv", {}, "/data/large_file.csv"],
  ])("%s", async (_, path, files, expected) => {
    const { cwd, job } = await loadBeside(smallJob().replace("data/people.csv", `"${path}"`), {
      "assets/people.yaml": ASSET,
      ...files,
    });
    expect(job.source.config.files).toEqual([{ path: expected.replace("<jobs>", join(cwd, "jobs")) }]);
  });

  it.each([
    ["path", "{ path: a.csv, object: people }", { path: "a.csv", object: "people" }],
    ["file", "{ file: a.csv }", { path: "a.csv" }],
    ["file_path", "{ file_path: a.csv, id: 1x }", { path: "a.csv", id: "1x" }],
    ["file_id", "{ path: a.csv, file_id: 2x, encoding: utf-8 }", { path: "a.csv", id: "2x", encoding: "utf-8" }],
  ])("by the key %s", async (_, entry, expected) => {
    const { job } = await loadBeside(smallJob().replace("{ path: data/people.csv }", entry), {
      "assets/people.yaml": ASSET,
    });
    expect(job.source.config.files).toEqual([expected]);
  });
});

it("a folder where a file is needed is told at the key that names it", async () => {
  const cwd = workspace({
    "job.yaml": smallJob("source_connector_path: mine\n"),
    "mine/x": "",
    "assets/people.yaml/x": "",
  });
  expect((await errorOf(loadJob("job.yaml", { cwd, env: {} }))).message.split("\n")).toEqual([
    "job.yaml:6:13  asset_path: assets/people.yaml is a folder; the file of a contract is needed",
    "job.yaml:7:24  source_connector_path: mine is a folder; the file of a recipe is needed",
  ]);
});
