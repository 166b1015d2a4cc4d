import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { compose, loadAsset, readCsv, validate, writeParquet } from "../../../lib/index.ts";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { type RunOptions, runJob } from "../../../lib/job/run-job.ts";
import { verifyReceipt } from "../../../lib/job/verify/verify-receipt.ts";
import { dativo, writeFiles } from "../../support/cli.ts";
import { ROWS_ASSET } from "../../support/crash-folder.ts";
import { listTree, tempFolder, visibleFiles } from "../../support/folder.ts";

/** Enough for a file to be cut: 8 MiB. */
const LARGE = 120_000;

function csvOf(from: number, to: number, isBad: (id: number) => boolean = () => false): string {
  const lines = ["id,text"];
  for (let id = from; id <= to; id++) {
    lines.push(`${isBad(id) ? `bad${id}` : id},${String(id).padStart(70, "text of record ")}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Enough for a file that hardly compresses. */
const NOISY = 180_000;

/** A file of that many records whose texts are noise. */
async function writeNoise(cwd: string, extension: string): Promise<void> {
  const rows = Array.from({ length: NOISY }, (_, index) => ({
    id: index + 1,
    text: randomBytes(54).toString("base64"),
  }));
  const csv = `id,text\n${rows.map(({ id, text }) => `${id},${text}\n`).join("")}`;
  if (extension === "csv.gz") writeFiles(cwd, { "in/1.csv.gz": gzipSync(csv, { level: 1 }) });
  if (extension === "jsonl") writeFiles(cwd, { "in/1.jsonl": rows.map((row) => `${JSON.stringify(row)}\n`).join("") });
  if (extension !== "parquet") return;
  writeFiles(cwd, { "noise/1.csv": csv });
  await compose(
    readCsv(join(cwd, "noise/1.csv")),
    validate(await loadAsset(join(cwd, "rows.yaml"))),
    writeParquet(cwd),
  );
  const [made] = readdirSync(cwd).filter((name) => name.endsWith(".parquet"));
  mkdirSync(join(cwd, "in"), { recursive: true });
  renameSync(join(cwd, made as string), join(cwd, "in/1.parquet"));
}

function folder(files: Record<string, string>, overrides: Record<string, unknown> = {}): string {
  const cwd = tempFolder();
  const job = {
    tenant_id: "acme",
    source_connector: "csv",
    source: { files: [{ path: "in/*.csv" }] },
    target_connector: "jsonl",
    target: { connection: { path: "lake" } },
    asset_path: "rows.yaml",
    checkpoint: { records: 30_000 },
    ...overrides,
  };
  writeFiles(cwd, { ...files, "rows.yaml": ROWS_ASSET, "job.yaml": JSON.stringify(job) });
  return cwd;
}

const run = (cwd: string, options: RunOptions = {}) =>
  runJob(join(cwd, "job.yaml"), { cwd, env: { STATE_DIR: join(cwd, "state") }, ...options });

function idsIn(cwd: string): number[] {
  const lake = join(cwd, "lake");
  const texts = visibleFiles(lake).map((path) => readFileSync(join(lake, path), "utf8").trim().split("\n"));
  return texts.flat().map((line) => (JSON.parse(line) as { id: number }).id);
}

function rejectsIn(cwd: string): number[] {
  const control = join(cwd, "lake", "_dativo");
  const files = listTree(control).filter((path) => path.endsWith(".rejects"));
  const lines = files.flatMap((path) => readFileSync(join(control, path), "utf8").trim().split("\n"));
  return lines.map((line) => (JSON.parse(line) as { row: number }).row);
}

function expectOnce(ids: readonly number[], count: number): void {
  expect(ids).toHaveLength(count);
  expect(new Set(ids).size).toBe(count);
}

const isBad = (id: number): boolean => id % 997 === 0;
const BAD = Math.floor(LARGE / 997);

describe("A run with checkpoints", () => {
  it("commits on the way, in the middle of a file and between files", { timeout: 60_000 }, async () => {
    const cwd = folder({
      "in/1.csv": csvOf(1, LARGE),
      "in/2.csv": csvOf(LARGE + 1, LARGE + 40_000),
      "in/3.csv": csvOf(LARGE + 40_001, LARGE + 40_002),
    });
    const { commits, counts, files, job, runId, status } = await run(cwd);
    expectOnce(idsIn(cwd), LARGE + 40_002);
    expect([status, counts.written, commits.length > 3]).toEqual(["committed", LARGE + 40_002, true]);
    expect(commits[0]?.runId).toBe(runId);
    expect(commits.map(({ seq }) => seq)).toEqual(commits.map((_, index) => index + 1));
    expect(commits.reduce((sum, { written }) => sum + written, 0)).toBe(counts.written);
    expect([files.length, job.seq]).toEqual([commits.length, commits.length]);
    expect((await run(cwd)).status).toBe("unchanged");
  });

  it.each([
    ["on", "off"],
    ["off", "on"],
    ["on", "on"],
  ])("goes on behind the last one when it was killed: native %s, then %s", { timeout: 60_000 }, (first, second) => {
    const cwd = folder({ "in/1.csv": csvOf(1, LARGE, isBad) }, { schema_validation_mode: "warn" });
    const dead = dativo(["run", "-c", "job.yaml"], {
      cwd,
      env: { DATIVO_NATIVE: first, DATIVO_FAILPOINT: "K18:pass,K06:pass,K06:pass,K18:kill" },
    });
    expect(dead.signal).toBe("SIGKILL");
    const published = new Set(idsIn(cwd)).size;
    const args = ["run", "-c", "job.yaml", "--receipt", "r.json"];
    const next = dativo(args, { cwd, env: { DATIVO_NATIVE: second } });
    expect([next.code, next.stderr]).toEqual([1, expect.stringContaining("is read on behind record ")]);
    expectOnce(idsIn(cwd), LARGE - BAD);
    expectOnce(rejectsIn(cwd), BAD);
    const { counts } = JSON.parse(readFileSync(join(cwd, "r.json"), "utf8")) as { counts: Record<string, number> };
    expect(counts["written"]).toBe(LARGE - BAD - published);
    expect(counts["read"]).toBe((counts["written"] as number) + (counts["rejected"] as number));
  });

  it.each(["csv.gz", "jsonl", "parquet"])("goes on in the middle of %s", { timeout: 90_000 }, async (extension) => {
    const type = extension.replace(".gz", "");
    const source = { files: [{ path: `in/1.${extension}` }] };
    const cwd = folder({}, { source, source_connector: type, checkpoint: { records: 50_000 } });
    await writeNoise(cwd, extension);
    const env = { DATIVO_FAILPOINT: "K18:pass,K18:kill" };
    expect(dativo(["run", "-c", "job.yaml"], { cwd, env }).signal).toBe("SIGKILL");
    expect(idsIn(cwd).length).toBeGreaterThanOrEqual(100_000);
    const next = dativo(["run", "-c", "job.yaml"], { cwd });
    expect([next.code, next.stderr]).toEqual([0, expect.stringContaining("is read on behind record ")]);
    expectOnce(idsIn(cwd), NOISY);
  });

  it("goes on in a file that was renamed after a death in the middle of it", { timeout: 60_000 }, async () => {
    const cwd = folder({ "in/1.csv": csvOf(1, LARGE) });
    dativo(["run", "-c", "job.yaml"], { cwd, env: { STATE_DIR: join(cwd, "state"), DATIVO_FAILPOINT: "K18:kill" } });
    expect(idsIn(cwd).length).toBeGreaterThan(0);
    renameSync(join(cwd, "in/1.csv"), join(cwd, "in/2.csv"));
    await run(cwd);
    expectOnce(idsIn(cwd), LARGE);
    expect((await run(cwd)).status).toBe("unchanged");
    // A file of its own, which only begins as the other one did, and has the name that the other one had.
    writeFiles(cwd, { "in/1.csv": csvOf(1, LARGE + 1) });
    expect((await run(cwd)).counts.written).toBe(LARGE + 1);
  });

  it("keeps what was published, and says so, when a record breaks a strict contract later", async () => {
    const cwd = folder({ "in/1.csv": csvOf(1, LARGE, (id) => id === LARGE) });
    const warnings: string[] = [];
    const log = { ...INERT_CONTEXT.log, warn: (text: string) => void warnings.push(text) };
    await expect(run(cwd, { log, receiptPath: "r.json" })).rejects.toMatchObject({
      code: "DTV_CONTRACT_VIOLATED",
      message: expect.stringContaining("1 of 120000 records is bad; nothing was published since the last checkpoint"),
    });
    const ids = idsIn(cwd);
    expect(warnings).toEqual([expect.stringMatching(`^${ids.length} records of \\d checkpoints stay published`)]);
    expect(ids.length).toBeGreaterThanOrEqual(90_000);
    expectOnce(ids, ids.length);
    const receipt = JSON.parse(readFileSync(join(cwd, "r.json"), "utf8")) as Receipt;
    expect(receipt).toMatchObject({
      status: "failed",
      error: { code: "DTV_CONTRACT_VIOLATED" },
      rejects: { count: 1 },
    });
    expect(receipt.commits.reduce((sum, { written }) => sum + written, 0)).toBe(ids.length);
    expect(await verifyReceipt(join(cwd, "r.json"))).toMatchObject({ rows: ids.length, differences: [] });
  });

  it("makes none while too many records are bad for the run to end well", async () => {
    const limits = { schema_validation_mode: "warn", max_error_rate: 0.5 };
    const cwd = folder({ "in/1.csv": csvOf(1, LARGE, (id) => id <= 65_000) }, limits);
    await expect(run(cwd)).rejects.toMatchObject({ message: expect.stringContaining("nothing was published") });
    expect(idsIn(cwd)).toEqual([]);
  });

  it("says what stays when it is cancelled", async () => {
    const cwd = folder({ "in/1.csv": csvOf(1, LARGE) });
    const stop = new AbortController();
    const log = { ...INERT_CONTEXT.log, info: (text: string) => void (text.startsWith("Checkpoint") && stop.abort()) };
    await expect(run(cwd, { signal: stop.signal, log })).rejects.toMatchObject({
      code: "DTV_CANCELLED",
      message: expect.stringContaining("; nothing was published since the last checkpoint"),
    });
    await run(cwd);
    expectOnce(idsIn(cwd), LARGE);
  });

  it("waits for a transform that holds records back", async () => {
    const holder = `import { BaseTransform } from "dativo-ingest";
export class Holder extends BaseTransform {
  #held = [];
  apply(batch) { this.#held.push(batch); }
  flush() { return this.#held; }
}`;
    const cwd = folder(
      { "in/1.csv": csvOf(1, 10), "in/2.csv": csvOf(11, 20), "holder.mjs": holder },
      { checkpoint: { records: 1 }, transforms: [{ plugin: "./holder.mjs:Holder" }] },
    );
    expect((await run(cwd)).commits).toHaveLength(1);
    expectOnce(idsIn(cwd), 20);
  });

  it("makes none when it replaces everything", async () => {
    const cwd = folder({ "in/1.csv": csvOf(1, 10), "in/2.csv": csvOf(11, 20) }, { checkpoint: { seconds: 0.000001 } });
    expect((await run(cwd)).commits).toHaveLength(2);
    const { commits, warnings } = await run(cwd, { fullRefresh: true });
    expect([commits.length, warnings]).toEqual([1, ["The run replaces everything, and so it makes no checkpoints"]]);
    expectOnce(idsIn(cwd), 20);
  });

  it("makes none when it reads by a cursor, which is one of a whole run", async () => {
    const incremental = { strategy: "updated_at", cursor_field: "id" };
    const source = { files: [{ path: "in/*.csv" }], incremental };
    const cwd = folder({ "in/1.csv": csvOf(1, 10), "in/2.csv": csvOf(11, 20) }, { source, checkpoint: { records: 1 } });
    const { commits, warnings } = await run(cwd);
    expect([commits.length, warnings]).toEqual([1, ["The run reads by a cursor, and so it makes no checkpoints"]]);
    expectOnce(idsIn(cwd), 20);
  });

  it.each([
    [{ checkpoint: {} }, "says neither records nor size_mb nor seconds"],
    [
      { target: { connection: { path: "lake" }, write_mode: "overwrite" } },
      "does not go with overwriting, which replaces everything in one commit",
    ],
  ])("is refused where it would never commit on the way: %j", async (overrides, message) => {
    const cwd = folder({ "in/1.csv": csvOf(1, 2) }, overrides);
    await expect(run(cwd)).rejects.toMatchObject({ message: expect.stringContaining(message) });
  });
});

describe("A file that has grown", () => {
  const grown = async (rule?: string, change = (path: string) => appendFileSync(path, "4,d\n")) => {
    const source = { files: [{ path: "in/*.csv" }], incremental: rule === undefined ? {} : { grown_files: rule } };
    const cwd = folder({ "in/1.csv": "id,text\n1,a\n2,b\n3,c\n" }, { source, checkpoint: undefined });
    await run(cwd);
    change(join(cwd, "in/1.csv"));
    return cwd;
  };

  it("is read on behind what it had", async () => {
    const cwd = await grown();
    expect((await run(cwd)).counts).toMatchObject({ read: 1, written: 1 });
    expect(idsIn(cwd).sort()).toEqual([1, 2, 3, 4]);
    appendFileSync(join(cwd, "in/1.csv"), "5,e\n");
    await run(cwd);
    expect(idsIn(cwd).sort()).toEqual([1, 2, 3, 4, 5]);
    expect((await run(cwd)).status).toBe("unchanged");
  });

  it("is read again where the job says so, which the receipt tells", async () => {
    const cwd = await grown("reread");
    const { warnings } = await run(cwd);
    expect(idsIn(cwd).sort()).toEqual([1, 1, 2, 2, 3, 3, 4]);
    expect(warnings).toEqual([expect.stringContaining("the 3 records that it had are loaded once more")]);
  });

  it("stops the run where the job says so", async () => {
    const cwd = await grown("refuse");
    await expect(run(cwd)).rejects.toMatchObject({ message: expect.stringContaining("has grown since it was loaded") });
  });

  it.each([
    ["an old record is another", (path: string) => writeFileSync(path, "id,text\n1,a\n2,x\n3,c\n4,d\n")],
    ["the last line went on", (path: string) => writeFileSync(path, "id,text\n1,a\n2,b\n3,c")],
    ["it is compressed", (path: string) => writeFileSync(path, gzipSync("id,text\n1,a\n"))],
  ])("has changed when %s", async (_, change) => {
    const cwd = await grown(undefined, change);
    await expect(run(cwd)).rejects.toMatchObject({ message: expect.stringContaining("has changed since") });
  });

  it("has changed when its last line was no whole one", async () => {
    const cwd = folder({ "in/1.csv": "id,text\n1,a\n2,b" }, { checkpoint: undefined });
    await run(cwd);
    appendFileSync(join(cwd, "in/1.csv"), "c\n3,d\n");
    await expect(run(cwd)).rejects.toMatchObject({ code: "DTV_SOURCE_CHANGED" });
  });
});
