import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { runJob } from "../../../lib/job/run-job.ts";
import { dativo, type Finished, PEOPLE_ASSET, smallJob, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder } from "../../support/folder.ts";

/**
 * Writers with a target of their own: `table` holds the records, `log` a line for each commit. `DIE` kills the process
 * before the effect of `commitFiles`, after it, or when its result is looked at, which is right before the decision.
 */
const TARGET = `
  import { BaseWriter } from "dativo-ingest";
  import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

  const here = (name) => process.cwd() + "/" + name;
  const die = (at) => { if (process.env.DIE === at) process.kill(process.pid, "SIGKILL"); };
  const told = () => ({ get status() { die("told"); return "success"; }, filesAdded: 1 });
  const lines = (path) => existsSync(path) ? readFileSync(path, "utf8").split("\\n").filter(Boolean) : [];

  /** Appends to the table and notes the commit, as in one transaction. */
  function append(records, token) {
    die("before");
    if (find(token)) return told();
    appendFileSync(here("log"), JSON.stringify(token) + "\\n");
    appendFileSync(here("table"), records.map((record) => JSON.stringify(record) + "\\n").join(""));
    die("inside");
    return told();
  }
  function find({ jobKey, seq }) {
    const found = lines(here("log")).map((line) => JSON.parse(line)).find((entry) => entry.jobKey === jobKey && entry.seq === seq);
    return found && { status: "success", runId: found.runId };
  }`;

const WRITERS = {
  /** Stages in files, which the metadata names. */
  files: `
    export class W extends BaseWriter {
      writeBatch(records, number) {
        mkdirSync("stage", { recursive: true });
        const path = "stage/" + number;
        writeFileSync(path, JSON.stringify(records));
        return [{ path, recordCount: records.length }];
      }
      commitFiles(files, token) { return append(files.flatMap(({ path }) => JSON.parse(readFileSync(path, "utf8"))), token); }
      committed(token) { return find(token); }
      abortFiles(files) { for (const { path } of files) rmSync(path, { force: true }); }
    }`,
  /** Carries the records in the metadata, as the ledger of the guide does. */
  metadata: `
    export class W extends BaseWriter {
      writeBatch(records) { return [{ path: "pending", recordCount: records.length, records }]; }
      commitFiles(files, token) { return append(files.flatMap(({ records }) => records), token); }
      committed(token) { return find(token); }
    }`,
  /** Keeps the records in memory and says so. */
  transaction: `
    export class W extends BaseWriter {
      static durableStaging = false;
      held = [];
      writeBatch(records) { this.held.push(...records); return [{ path: "open", recordCount: records.length }]; }
      commitFiles(files, token) { return append(this.held, token); }
      committed(token) { return find(token); }
    }`,
  /** Keeps the records in memory and reports nothing. */
  silent: `
    export class W extends BaseWriter {
      held = [];
      writeBatch(records) { this.held.push(...records); return []; }
      commitFiles(files, token) { return append(this.held, token); }
      committed(token) { return find(token); }
    }`,
} as const;

/** Its commit takes effect, and neither that nor an answer comes back while `DIE` says so. */
const CUT_OFF = `
    export class W extends BaseWriter {
      writeBatch(records) { return [{ path: "pending", recordCount: records.length, records }]; }
      commitFiles(files, token) {
        append(files.flatMap(({ records }) => records), token);
        if (process.env.DIE === "silence") throw new Error("connection lost");
        return told();
      }
      committed(token) {
        if (process.env.DIE === "silence") throw new Error("no route to host");
        return find(token);
      }
      abortFiles() { appendFileSync(here("aborted"), "x"); }
    }`;

/** The same target without a way to ask it: at least once. */
const UNABLE = `
    export class W extends BaseWriter {
      writeBatch(records) { return [{ path: "pending", recordCount: records.length, records }]; }
      commitFiles(files, token) {
        die("before");
        appendFileSync(here("table"), files.flatMap(({ records }) => records).map((record) => JSON.stringify(record) + "\\n").join(""));
        die("inside");
        return told();
      }
    }`;

function jobFolder(writer: string): string {
  const cwd = tempFolder();
  const job = {
    source: { files: [{ path: "in/*.csv" }] },
    target_connector: "mine",
    target: { custom_writer: "./w.mjs:W", connection: { host: "h" } },
  };
  const files = { "w.mjs": TARGET + writer, "in/1.csv": "id,name\n1,a\n2,b\n" };
  writeFiles(cwd, { "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob(job), ...files });
  return cwd;
}

function run(cwd: string, env: Record<string, string> = {}): Finished {
  return dativo(["run", "--config", "job.yaml", "--json"], { cwd, env });
}

function idsOf(cwd: string): number[] {
  const path = join(cwd, "table");
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  return lines.map((line) => (JSON.parse(line) as { id: number }).id).sort((a, b) => a - b);
}

const leftOf = (cwd: string): string[] => listTree(join(cwd, ".local")).filter((path) => /pending|staging/.test(path));

describe("a run of a writer with a target of its own that was killed", () => {
  it.each(
    Object.entries(WRITERS).flatMap(([name, code]) =>
      ["before", "inside", "told"].map((at) => [name, at, code] as const),
    ),
  )("(%s, %s) is in the target once, and what came to the source meanwhile as well", (_, at, code) => {
    const cwd = jobFolder(code);
    expect(run(cwd, { DIE: at }).code).toBeNull();
    expect(idsOf(cwd)).toEqual(at === "before" ? [] : [1, 2]);
    writeFiles(cwd, { "in/2.csv": "id,name\n3,c\n" });
    const done = run(cwd);
    expect([done.code, idsOf(cwd)]).toEqual([0, [1, 2, 3]]);
    expect((JSON.parse(done.stdout) as Receipt).guarantee.effect).toBe("exactly-once");
    expect((JSON.parse(run(cwd).stdout) as Receipt).status).toBe("unchanged");
    expect(leftOf(cwd)).toEqual([]);
  });

  it("is not taken back while nobody knows whether it has happened", () => {
    const cwd = jobFolder(CUT_OFF);
    const cut = run(cwd, { DIE: "silence" });
    expect([cut.code, JSON.parse(cut.stdout)]).toEqual([
      2,
      { error: expect.objectContaining({ code: "DTV_OUTCOME_UNKNOWN" }) },
    ]);
    expect(existsSync(join(cwd, "aborted"))).toBe(false);
    const done = run(cwd);
    expect([done.code, idsOf(cwd), existsSync(join(cwd, "aborted"))]).toEqual([0, [1, 2], false]);
  });

  it.each([
    ["before", [1, 2, 3]],
    ["inside", [1, 1, 2, 2, 3]],
    ["told", [1, 1, 2, 2, 3]],
  ])("(%s) is in the target at least once when that cannot be asked", (at, ids) => {
    const cwd = jobFolder(UNABLE);
    expect(run(cwd, { DIE: at }).code).toBeNull();
    writeFiles(cwd, { "in/2.csv": "id,name\n3,c\n" });
    expect([run(cwd).code, idsOf(cwd)]).toEqual([0, ids]);
    expect(leftOf(cwd)).toEqual([]);
  });

  it("is read again when what it had staged is gone", () => {
    const cwd = jobFolder(WRITERS.files);
    run(cwd, { DIE: "before" });
    writeFiles(cwd, { "stage/0": "cut" });
    const done = run(cwd);
    expect([done.code, idsOf(cwd)]).toEqual([0, [1, 2]]);
    expect((JSON.parse(done.stdout) as Receipt).warnings.join()).toMatch(
      /had staged is read again: commitFiles\(\) of W/,
    );
  });

  it("stops the next one as long as the target does not answer", () => {
    const cwd = jobFolder(
      WRITERS.metadata.replace(
        "return find(token)",
        'if (process.env.DOWN) throw new Error("down"); return find(token)',
      ),
    );
    run(cwd, { DIE: "inside" });
    const refused = run(cwd, { DOWN: "1" });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("DTV_OUTCOME_UNKNOWN")]);
    expect([run(cwd).code, idsOf(cwd)]).toEqual([0, [1, 2]]);
  });

  it("stops the next one when the target has another run under its number", () => {
    const cwd = jobFolder(WRITERS.metadata);
    run(cwd, { DIE: "inside" });
    const log = readFileSync(join(cwd, "log"), "utf8");
    writeFiles(cwd, { log: log.replace(/"runId":"[^"]*"/, '"runId":"another"') });
    const refused = run(cwd);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/DTV_COMMIT_CONFLICT.*from run another/)]);
  });
});

it("is refused when the books were lost, since the target has its number from another run", () => {
  const cwd = jobFolder(WRITERS.files);
  run(cwd);
  rmSync(join(cwd, ".local"), { recursive: true });
  const refused = run(cwd);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/DTV_COMMIT_CONFLICT.*sequence 1 from run/),
  ]);
  expect(refused.stderr).toContain("STATE_DIR");
});

it.each([
  ["this.outputBase", 2, []],
  ["process.cwd()", 0, [1, 2]],
])("without commitFiles that writes to %s exits with %i", (folder, code, ids) => {
  const cwd = jobFolder(`
    export class W extends BaseWriter {
      writeBatch(records) {
        const path = ${folder} + "/table";
        writeFileSync(path, records.map((record) => JSON.stringify(record) + "\\n").join(""));
        return [{ path, recordCount: records.length }];
      }
    }`);
  const done = run(cwd);
  run(cwd);
  expect([done.code, idsOf(cwd)]).toEqual([code, ids]);
  expect(done.stderr.includes("DTV_PLUGIN_RESULT Nobody publishes")).toBe(code === 2);
});

describe("the books of a job with a target of its own", () => {
  const books = (cwd: string, ...args: string[]): Finished => dativo([...args, "job.yaml", "--json"], { cwd });

  it("are recovered by asking the target", () => {
    const cwd = jobFolder(WRITERS.metadata);
    run(cwd, { DIE: "told" });
    expect(idsOf(cwd)).toEqual([1, 2]);
    const recovered = JSON.parse(books(cwd, "recover").stdout);
    expect(recovered.done.map(({ did }: { did: string }) => did)).toEqual(["finished", "repaired"]);
    run(cwd);
    expect(idsOf(cwd)).toEqual([1, 2]);
  });

  it("are reset without a word to the target, once somebody said that it is meant", () => {
    const cwd = jobFolder(WRITERS.metadata);
    run(cwd);
    expect(books(cwd, "state", "reset").stderr).toMatch(/DTV_NOT_CONFIRMED .* 2 records/);
    expect(JSON.parse(books(cwd, "state", "reset", "--yes").stdout)).toMatchObject({ status: "reset", seq: 2 });
    expect(readFileSync(join(cwd, "log"), "utf8").trim().split("\n")).toHaveLength(1);
    run(cwd);
    expect(idsOf(cwd)).toEqual([1, 1, 2, 2]);
  });
});

describe("commitFiles()", () => {
  const saying = (status: string, more = ""): string => `
    export class W extends BaseWriter {
      writeBatch(records) { return [{ path: "pending", recordCount: records.length, records }]; }
      commitFiles(files, token) {
        if (process.env.FAIL) { ${more} return { status: ${status} }; }
        return append(files.flatMap(({ records }) => records), token);
      }
      committed(token) { return find(token); }
    }`;

  it.each(['"failed"', '"ERROR"', '"partial"', "null"])("that returns the status %s has failed", (status) => {
    const cwd = jobFolder(saying(status));
    const failed = run(cwd, { FAIL: "1" });
    expect([failed.code, failed.stderr]).toEqual([2, expect.stringMatching(/DTV_PLUGIN_FAILED.*returned the status/)]);
    expect([run(cwd).code, idsOf(cwd)]).toEqual([0, [1, 2]]);
  });

  it("that says so after its effect is believed less than the target", () => {
    const cwd = jobFolder(saying('"failed"', "append(files.flatMap(({ records }) => records), token);"));
    expect([run(cwd, { FAIL: "1" }).code, idsOf(cwd)]).toEqual([0, [1, 2]]);
    expect((JSON.parse(run(cwd).stdout) as Receipt).status).toBe("unchanged");
  });

  it.each(['"Committed"', '"ok"', "undefined"])("that returns the status %s has not", (status) => {
    const cwd = jobFolder(saying(status, "append(files.flatMap(({ records }) => records), token);"));
    expect([run(cwd, { FAIL: "1" }).code, idsOf(cwd)]).toEqual([0, [1, 2]]);
  });
});

describe("close()", () => {
  it.each([
    ["throws", 'throw new Error("no goodbye")', /The writer failed while it was closed: no goodbye/],
    ["never ends", "return new Promise(() => {})", /The writer did not stop within 100 ms and was abandoned/],
  ])("that %s after the commit is a warning in the receipt", async (_, body, warning) => {
    const cwd = jobFolder(WRITERS.metadata.replace("committed(token)", `close() { ${body}; }\n committed(token)`));
    const spy = vi.spyOn(process, "cwd").mockReturnValue(cwd);
    onTestFinished(() => spy.mockRestore());
    const receipt = await runJob(join(cwd, "job.yaml"), { cwd, graceMs: 100, env: {} });
    expect([receipt.status, receipt.counts.written]).toEqual(["committed", 2]);
    expect(receipt.warnings.at(-1)).toMatch(warning);
  });
});
