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

describe("the receipt of a run that failed", () => {
  const OVERDUE = "id,name,born\n1,Ada,never\n";

  it("says why, how far the run came and what to do, and is kept beside the state", () => {
    const cwd = jobFolder();
    writeFiles(cwd, { "people.csv": OVERDUE });
    const failed = run(cwd, "--receipt", "r.json", "--json");
    expect(failed.code).toBe(2);
    const receipt = read(cwd, "r.json");
    const { error } = JSON.parse(failed.stdout);
    expect(receipt).toMatchObject({ status: "failed", files: [], positions: {}, failedAttempts: [] });
    expect(receipt.error).toEqual({
      code: error.code,
      message: error.message,
      culprit: error.culprit,
      hint: error.hint,
    });
    expect(receipt.error?.code).toBe("DTV_CONTRACT_VIOLATED");
    expect(receipt.counts).toMatchObject({ read: 1, rejected: 1, written: 0 });
    expect(receipt.rejects).toEqual({ count: 1, path: error.details.rejects });
    expect(receipt.timings.stages.map(({ stage }) => stage)).toEqual(["read", "validate", "write"]);
    expect(receipt.job.seq).toBeUndefined();
    expect(kept(cwd)).toEqual([`acme/${receipt.job.hash}.receipts/${receipt.runId}.json`]);
    expect(read(join(cwd, ".local", "state"), kept(cwd)[0] as string)).toEqual(receipt);
  });

  it.each([
    ["K03", { read: 0, written: 0 }, 0],
    ["K09", { read: 3, written: 3 }, 1],
    ["K16", { read: 3, written: 3 }, 1],
  ])("has the counts that were known at %s", (point, counts, splits) => {
    const cwd = jobFolder();
    expect(run(cwd, "--receipt", "r.json", "--chaos", `throw@${point}`).code).toBe(2);
    const receipt = read(cwd, "r.json");
    expect(receipt).toMatchObject({ status: "failed", error: { code: "DTV_CHAOS" }, counts, source: { splits } });
  });

  it("says that it was cancelled", () => {
    const cwd = jobFolder();
    expect(run(cwd, "--receipt", "r.json", "--chaos", "term@stage").code).toBe(143);
    expect(read(cwd, "r.json")).toMatchObject({ status: "cancelled", error: { code: "DTV_CANCELLED" } });
  });

  it("counts the tries before it", () => {
    const retry_config = { max_retries: 2, initial_delay_seconds: 0, retryable_errors: ["no luck"] };
    const reader = `import { BaseReader } from "dativo-ingest";
      export class R extends BaseReader { extract() { throw new Error("no luck with " + this.sourceConfig.credentials.key); } }`;
    const source = { custom_reader: "./r.mjs:R", credentials: { key: "the-key-of-the-people" } };
    const cwd = jobFolder({ retry_config, source_connector: "mine", source });
    writeFiles(cwd, { "r.mjs": reader });
    expect(run(cwd, "--receipt", "r.json").code).toBe(2);
    const receipt = read(cwd, "r.json");
    expect(receipt.failedAttempts).toHaveLength(2);
    expect(receipt.error?.message).toMatch(/^extract\(\) of \S+ failed: no luck with \*\*\*$/);
    expect(new Set([receipt.runId, ...receipt.failedAttempts.map(({ runId }) => runId)]).size).toBe(3);
    expect(kept(cwd)).toHaveLength(1);
  });

  it("is written and not kept when the run had not begun", () => {
    const cwd = jobFolder();
    run(cwd);
    const before = kept(cwd);
    const state = listTree(join(cwd, ".local", "state")).find((name) => name.endsWith(".state.json")) as string;
    writeFileSync(join(cwd, ".local", "state", state), "{");
    expect(run(cwd, "--receipt", "r.json").code).toBe(2);
    expect(read(cwd, "r.json")).toMatchObject({ status: "failed", error: { code: "DTV_STATE_CORRUPT" } });
    expect(kept(cwd)).toEqual(before);
  });

  it("is refused by verify, which says what became of the run", () => {
    const cwd = jobFolder();
    run(cwd, "--receipt", "r.json", "--chaos", "throw@stage");
    const verify = (): Finished => dativo(["verify", "r.json"], { cwd });
    expect([verify().code, verify().stderr]).toEqual([
      2,
      expect.stringMatching(
        /^error DTV_RECEIPT_INVALID \S+r\.json is of a run that failed with DTV_CHAOS: it has no files/,
      ),
    ]);
    const { error: _, ...receipt } = read(cwd, "r.json");
    writeFileSync(join(cwd, "r.json"), JSON.stringify(receipt));
    expect(verify().stderr).toContain("contradicts itself: its status and its error do not agree");
  });
});

describe("a run that died", () => {
  it.each(["K13", "K18", "K19", "K23", "K25"])(
    "at %s has no receipt of its commit, which the next run says once",
    (point) => {
      const cwd = jobFolder();
      expect(run(cwd, "--chaos", `kill@${point}`).signal).toBe("SIGKILL");
      const next = run(cwd);
      expect([next.code, next.stderr]).toEqual([
        0,
        expect.stringMatching(/Run [0-9a-f-]{36} died before it kept a receipt of commit 1: .* in \S+0001\.commit/),
      ]);
      expect(run(cwd).stderr).not.toContain("kept a receipt");
      expect(kept(cwd)).toEqual([]);
    },
  );

  it("after it kept its receipt, or before its commit, lacks none", () => {
    const cwd = jobFolder();
    run(cwd, "--chaos", "kill@seal");
    expect(run(cwd).stderr).not.toContain("kept a receipt");
    expect(run(cwd, "--full-refresh", "--chaos", "kill@seal").signal).toBe("SIGKILL");
    expect(run(cwd).stderr).not.toContain("kept a receipt");
  });

  it("while it wrote its receipt leaves nothing beside it that the next one does not remove", () => {
    const cwd = jobFolder();
    const left = ".r.json.01a208a8-030f-752a-b74f-8e4346db1aca.tmp";
    const others = [".r.json.tmp", ".r.json.backup.tmp", ".s.json.01a208a8-030f-752a-b74f-8e4346db1aca.tmp"];
    for (const name of [left, ...others]) writeFileSync(join(cwd, name), "{");
    expect(run(cwd, "--receipt", "r.json").code).toBe(0);
    const names = readdirSync(cwd);
    expect([names.includes(left), others.filter((name) => !names.includes(name))]).toEqual([false, []]);
  });
});
