import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defineAsset } from "../../../lib/contract/asset.ts";
import { TargetConfig } from "../../../lib/contract/config.ts";
import { findNativeWriter } from "../../../lib/native/find-native.ts";
import { dativo, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const FIXTURE = nativeLibrary("abi2_fixture");
type Options = Readonly<Record<string, unknown>>;

function folder(): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET });
  return cwd;
}

function run(cwd: string, options: Options = {}, symbol = "create_ledger") {
  const job = smallJob({
    name: "ledger",
    source: { files: [{ path: "people*.csv" }] },
    target_connector: "ledger",
    target: {
      custom_writer: `${FIXTURE}:${symbol}`,
      connection: { ledger: join(cwd, "ledger.jsonl"), stage: join(cwd, "stage") },
      engine: { options },
    },
  });
  writeFiles(cwd, { "job.yaml": job });
  return dativo(["run", "--config", "job.yaml"], { cwd });
}

const ledger = (cwd: string): Record<string, unknown>[] =>
  (existsSync(join(cwd, "ledger.jsonl")) ? readFileSync(join(cwd, "ledger.jsonl"), "utf8") : "")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const staged = (cwd: string): string[] => readdirSync(join(cwd, "stage"));

describeNative("a library's writer that commits by itself", () => {
  it("makes its commit, and the next run finds nothing new", () => {
    const cwd = folder();
    const { code, stderr } = run(cwd);
    expect([code, stderr]).toEqual([0, expect.stringContaining("committed 3 records")]);
    expect(stderr).toContain("exactly-once");
    expect(ledger(cwd)).toEqual([expect.objectContaining({ seq: 1, files: 1, records: 3 })]);
    expect(staged(cwd)).toEqual([]);
    expect(run(cwd).stderr).toContain("nothing new");
    writeFiles(cwd, { "people-2.csv": "id,name,born\n4,Barbara,1928-01-01\n" });
    expect(run(cwd)).toMatchObject({ code: 0 });
    expect(ledger(cwd).map(({ seq, records }) => [seq, records])).toEqual([
      [1, 3],
      [2, 1],
    ]);
  });

  it("that died after its commit is asked, and the commit is not repeated", () => {
    const cwd = folder();
    expect(run(cwd, { die: "after" }).code).toBe(null);
    const [first] = ledger(cwd);
    const { code, stderr } = run(cwd);
    expect([code, stderr]).toEqual([0, expect.stringContaining("Finished the commit of run")]);
    expect(stderr).toContain(String(first?.["run_id"]));
    expect(stderr).toContain("nothing new");
    expect(ledger(cwd)).toEqual([first]);
  });

  it("that died before its commit makes it from what was staged, without reading again", () => {
    const cwd = folder();
    expect(run(cwd, { die: "before" }).code).toBe(null);
    expect([ledger(cwd), staged(cwd)]).toEqual([[], [expect.any(String)]]);
    const { code, stderr } = run(cwd);
    expect([code, stderr]).toEqual([0, expect.stringContaining("Finished the commit of run")]);
    expect(ledger(cwd)).toEqual([expect.objectContaining({ seq: 1, records: 3 })]);
    expect(stderr).toContain(String(ledger(cwd)[0]?.["run_id"]));
    expect(staged(cwd)).toEqual([]);
  });

  it("whose staging died with it reads again", () => {
    const cwd = folder();
    expect(run(cwd, { die: "before" }, "create_volatile_ledger").code).toBe(null);
    const { code, stderr } = run(cwd, {}, "create_volatile_ledger");
    expect([code, stderr]).toEqual([0, expect.stringMatching(/Rolled back run (\S+),.*committed 3 records/s)]);
    expect(ledger(cwd)).toHaveLength(1);
    expect(ledger(cwd)[0]?.["run_id"]).not.toBe(/Rolled back run (\S+),/.exec(stderr)?.[1]);
  });

  it("that fails to commit has published nothing, and what it staged is removed", () => {
    const cwd = folder();
    const { code, stderr } = run(cwd, { fail: "the bank is closed" });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/DTV_PLUGIN_FAILED.*the bank is closed/s)]);
    expect([ledger(cwd), staged(cwd)]).toEqual([[], []]);
    expect(run(cwd).stderr).toContain("committed 3 records");
  });

  it("removes what it staged when the run fails before, though the run has told it to stop", () => {
    const cwd = folder();
    const { code, stderr } = run(cwd, { fail_seal: "the pen is dry" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("the pen is dry")]);
    expect(stderr).not.toContain("failed to remove");
    expect(staged(cwd)).toEqual([]);
  });

  it("that cannot say what its target has leaves the outcome open, for the next run to find out", () => {
    const cwd = folder();
    const { code, stderr } = run(cwd, { fail: "no line", silent: "no answer" });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/DTV_OUTCOME_UNKNOWN.*no answer/s)]);
    expect(run(cwd).stderr).toContain("Finished the commit of run");
    expect(ledger(cwd)).toHaveLength(1);
  });

  it("says so in its class, before there is one", () => {
    const of = (symbol: string) => {
      const { playerClass } = findNativeWriter(FIXTURE, symbol);
      const { commitFiles, committed } = playerClass.prototype;
      return [commitFiles !== undefined, committed !== undefined, playerClass.durableStaging];
    };
    expect(of("create_ledger")).toEqual([true, true, true]);
    expect(of("create_volatile_ledger")).toEqual([true, true, false]);
    expect(of("create_writer")).toEqual([false, false, true]);
  });

  it("that says less of itself than it is, or what nobody knows, is refused", async () => {
    const { playerClass } = findNativeWriter(FIXTURE, "create_liar");
    const writer = new playerClass(defineAsset({ name: "rows", schema: [] }), new TargetConfig(), "");
    await expect(writer.checkConnection()).rejects.toMatchObject({
      code: "DTV_PLUGIN_RESULT",
      message: expect.stringContaining("has a commit() that its kind does not tell of"),
    });
    await writer.close();
    expect(() => findNativeWriter(FIXTURE, "create_riddle")).toThrow(
      expect.objectContaining({ code: "DTV_PLUGIN_LOAD", message: expect.stringContaining("does not know") }),
    );
  });
});
