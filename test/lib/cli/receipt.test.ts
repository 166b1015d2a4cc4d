import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { receiptDocument } from "../../../lib/config/receipt/receipt-document.ts";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { dativo, type Finished, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder, visibleFiles } from "../../support/folder.ts";

function jobFolder(job: Record<string, unknown> = {}): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob(job) });
  return cwd;
}

function run(cwd: string, ...flags: string[]): Finished {
  return dativo(["run", "--config", "job.yaml", ...flags], { cwd });
}

function read(cwd: string, name: string): Receipt {
  return receiptDocument.parse(JSON.parse(readFileSync(join(cwd, name), "utf8")));
}

/** The receipts that are kept beside the state. */
function kept(cwd: string): string[] {
  return listTree(join(cwd, ".local", "state")).filter((name) => name.includes(".receipts/"));
}

describe("dativo run --receipt", () => {
  it("writes what --json prints, as `dativo schema receipt` describes it, and keeps it beside the state", () => {
    const cwd = jobFolder();
    const done = run(cwd, "--receipt", "r.json", "--json");
    expect(done.code).toBe(0);
    const receipt = read(cwd, "r.json");
    expect(receipt).toEqual(JSON.parse(done.stdout));
    expect(kept(cwd)).toEqual([`acme/${receipt.job.hash}.receipts/${receipt.runId}.json`]);
    expect(read(join(cwd, ".local", "state"), kept(cwd)[0] as string)).toEqual(receipt);
    expect(statSync(join(cwd, "r.json")).mode & 0o777).toBe(0o600);
    expect(receipt.positions["people.csv"]).toMatchObject({ path: "people.csv", sizeBytes: PEOPLE_CSV.length });
    expect(receipt.positions["people.csv"]).toHaveProperty("xxh128");
    const schema = dativo(["schema", "receipt"], { cwd });
    expect(JSON.parse(schema.stdout)).toMatchObject({ title: "Dativo receipt" });
  });

  it("writes one of a run that changed nothing too, in place of the file's content, and keeps none", () => {
    const cwd = jobFolder();
    run(cwd);
    const before = kept(cwd);
    writeFileSync(join(cwd, "r.json"), "of yesterday");
    expect(run(cwd, "--receipt", "r.json").code).toBe(0);
    expect(read(cwd, "r.json")).toMatchObject({ status: "unchanged", files: [], counts: { read: 0 } });
    expect(kept(cwd)).toEqual(before);
  });

  it("keeps the newest hundred", () => {
    const cwd = jobFolder();
    run(cwd);
    const [first = ""] = kept(cwd);
    const folder = join(cwd, ".local", "state", first, "..");
    // Of times before any run id of today.
    for (let old = 0; old < 120; old++) {
      writeFileSync(join(folder, `00000000-0000-7000-8000-${String(old).padStart(12, "0")}.json`), "{}");
    }
    writeFileSync(join(folder, "a note.txt"), "not ours");
    expect(run(cwd, "--full-refresh").code).toBe(0);
    const names = readdirSync(folder).sort();
    expect(names).toHaveLength(101);
    expect(names).toContain("a note.txt");
    expect(names).toContain(first.split("/").at(-1));
    expect(names[0]).toBe("00000000-0000-7000-8000-000000000022.json");
  });

  it("holds no secret", () => {
    const cwd = jobFolder({
      source: { files: [{ path: "people.csv" }], credentials: { type: "api_key", from_env: "PEOPLE_KEY" } },
      environment: "the-key-of-the-people",
    });
    const env = { PEOPLE_KEY: "the-key-of-the-people" };
    expect(dativo(["run", "--config", "job.yaml", "--receipt", "r.json"], { cwd, env }).code).toBe(0);
    expect(read(cwd, "r.json").job.environment).toBe("***");
    for (const name of listTree(cwd).filter((path) => path.endsWith(".json"))) {
      expect(readFileSync(join(cwd, name), "utf8")).not.toContain("the-key-of-the-people");
    }
  });

  it("refuses before the run what cannot be written", () => {
    const cwd = jobFolder();
    mkdirSync(join(cwd, "folder"));
    for (const path of ["folder", "nowhere/r.json", "people.csv/r.json"]) {
      const refused = run(cwd, "--receipt", path);
      expect([path, refused.code]).toEqual([path, 2]);
      expect(refused.stderr).toContain("DTV_TARGET_UNWRITABLE");
    }
    expect(visibleFiles(join(cwd)).filter((name) => name.startsWith("lake"))).toEqual([]);
    const many = dativo(["run", "--job-dir", ".", "--receipt", "r.json"], { cwd });
    expect([many.code, many.stderr]).toEqual([2, expect.stringContaining("--receipt names one file")]);
  });
});
