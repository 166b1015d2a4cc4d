import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DativoError } from "../../../lib/contract/errors.ts";
import { delayBefore, isWorthRepeating } from "../../../lib/job/retry.ts";
import { type RunOptions, runJob } from "../../../lib/job/run-job.ts";
import { PEOPLE_ASSET, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";

const POLICY = {
  maxRetries: 3,
  initialDelayMs: 1000,
  maxDelayMs: 5000,
  backoffMultiplier: 2,
  deadlineMs: undefined,
  patterns: [],
};

/** Fails with what `fault` makes before its last records, as often as the file `failures` says. */
const READER = (fault: string): string => `import { BaseReader } from "dativo-ingest";
import { appendFileSync, readFileSync } from "node:fs";
export class Flaky extends BaseReader {
  *extract() {
    appendFileSync("calls", "x");
    yield { batch: [{ id: 1, name: "a" }], position: 1 };
    if (readFileSync("calls", "utf8").length <= Number(readFileSync("failures", "utf8"))) throw ${fault};
    yield { batch: [{ id: 2, name: "b" }], position: 2 };
  }
}`;

const RESET = `Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })`;

function folder(failures: number, retry: object | undefined, fault = RESET, target: object = {}): string {
  const cwd = tempFolder();
  writeFiles(cwd, {
    "people.yaml": PEOPLE_ASSET,
    "reader.mjs": READER(fault).replaceAll(/"(calls|failures)"/g, (_, name) => JSON.stringify(join(cwd, name))),
    failures: String(failures),
    "job.yaml": smallJob({
      source: { custom_reader: "./reader.mjs:Flaky" },
      ...(retry === undefined ? {} : { retry_config: { initial_delay_seconds: 0.01, ...retry } }),
      ...target,
    }),
  });
  return cwd;
}

const run = (cwd: string, options: RunOptions = {}) =>
  runJob(join(cwd, "job.yaml"), { cwd, env: { STATE_DIR: join(cwd, "state") }, ...options });
const callsOf = (cwd: string): number => readFileSync(join(cwd, "calls"), "utf8").length;

describe("retry_config", () => {
  it("repeats a run whose source broke off, and loads each record once", async () => {
    const cwd = folder(2, {});
    const receipt = await run(cwd);
    expect(callsOf(cwd)).toBe(3);
    expect(receipt.counts.written).toBe(2);
    expect(visibleFiles(join(cwd, "lake", "people"))).toHaveLength(1);
    expect(receipt.failedAttempts).toMatchObject([
      { error: { code: "DTV_PLUGIN_FAILED", message: expect.stringContaining("ECONNRESET") } },
      { error: { code: "DTV_PLUGIN_FAILED" } },
    ]);
    expect(new Set([receipt.runId, ...receipt.failedAttempts.map(({ runId }) => runId)]).size).toBe(3);
  });

  it.each([
    ["is not repeated without it", undefined, 1],
    ["is repeated as often as max_retries says", { max_retries: 2 }, 3],
    ["is tried as often as max_attempts says", { max_attempts: 2 }, 2],
    ["is not repeated behind the deadline", { initial_delay_seconds: 10, deadline_seconds: 1 }, 1],
  ])("a run that always breaks off %s", async (_, retry, calls) => {
    const cwd = folder(99, retry);
    await expect(run(cwd)).rejects.toMatchObject({ code: "DTV_PLUGIN_FAILED" });
    expect(callsOf(cwd)).toBe(calls);
    expect(visibleFiles(join(cwd, "lake", "people"))).toEqual([]);
  });

  it("repeats what a pattern names, and nothing else that does not pass by itself", async () => {
    const fault = `new Error("Quota exceeded for today")`;
    await expect(run(folder(1, {}, fault))).rejects.toThrow("Quota");
    const receipt = await run(folder(1, { retryable_error_patterns: ["quota .* today"] }, fault));
    expect(receipt.failedAttempts).toHaveLength(1);
  });

  it("never gives a target twice what it cannot take back", async () => {
    const writer = `import { BaseWriter } from "dativo-ingest";
import { appendFileSync } from "node:fs";
export class Sends extends BaseWriter {
  writeBatch(records) { appendFileSync(this.targetConfig.connection.log, records.map(({ id }) => id + "\\n").join("")); return []; }
}`;
    const cwd = folder(1, {});
    writeFiles(cwd, { "writer.mjs": writer });
    const target = { custom_writer: "./writer.mjs:Sends", connection: { log: join(cwd, "sent") } };
    const job = JSON.parse(readFileSync(join(cwd, "job.yaml"), "utf8")) as Record<string, unknown>;
    writeFileSync(join(cwd, "job.yaml"), JSON.stringify({ ...job, target }));
    await expect(run(cwd)).rejects.toMatchObject({ code: "DTV_PLUGIN_FAILED" });
    expect(callsOf(cwd)).toBe(1);
  });

  it("ends at once when it is cancelled between two tries", async () => {
    const cwd = folder(99, { initial_delay_seconds: 60 });
    const stop = new AbortController();
    const log = { debug() {}, info() {}, error() {}, warn: () => setTimeout(() => stop.abort(), 10) };
    await expect(run(cwd, { signal: stop.signal, log: log as never })).rejects.toMatchObject({
      code: "DTV_CANCELLED",
      message: expect.stringContaining("between two tries"),
    });
    expect(existsSync(join(cwd, "lake", "people", "_dativo", "lock"))).toBe(false);
  });

  it.each([
    [{ max_attempts: 2, max_retries: 3 }, "max_attempts"],
    [{ retryable_errors: ["(?=x)"] }, "RE2"],
  ])("is refused where it makes no sense: %j", async (retry, text) => {
    await expect(run(folder(0, retry))).rejects.toMatchObject({
      code: "DTV_CONFIG_INVALID",
      message: expect.stringContaining(text),
    });
  });
});

describe("isWorthRepeating", () => {
  const cause = Object.assign(new Error("gone"), { code: "ETIMEDOUT" });
  it.each([
    [new DativoError("DTV_TRANSIENT", "x"), true],
    [new DativoError("DTV_PLUGIN_FAILED", "x", { cause }), true],
    [new DativoError("DTV_OUTCOME_UNKNOWN", "x", { cause }), true],
    [Object.assign(new Error("a client's own"), { retryable: true }), true],
    [new DativoError("DTV_CONTRACT_VIOLATED", "x", { cause }), false],
    [new DativoError("DTV_CONFIG_INVALID", "x", { cause }), false],
    [new DativoError("DTV_CANCELLED", "x", { cause }), false],
    [new DativoError("DTV_SOURCE_NOT_FOUND", "x"), false],
    [new Error("x"), false],
  ])("%s: %s", async (error, expected) => expect(await isWorthRepeating(error, POLICY)).toBe(expected));
});

describe("delayBefore", () => {
  it("grows up to its bound, and is shortened by a half at most", () => {
    const delays = (random: number): number[] =>
      [1, 2, 3, 4, 9].map((n) => delayBefore(n, undefined, POLICY, () => random));
    expect(delays(0)).toEqual([1000, 2000, 4000, 5000, 5000]);
    expect(delays(1)).toEqual([500, 1000, 2000, 2500, 2500]);
  });

  it("believes a server that says how long", () => {
    const cause = Object.assign(new Error("429"), { retryAfter: 7 });
    expect(delayBefore(1, new DativoError("DTV_TRANSIENT", "x", { cause }), POLICY, () => 0)).toBe(7000);
  });
});
