import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Batch } from "../../../lib/contract/batch.ts";
import { SourceConfig } from "../../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { dativo, writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
import { MODES, type Mode, readerIn, withoutPlace } from "../../support/player-modes.ts";
import { childrenOf, statusOf } from "../../support/processes.ts";

const MIB = 1024 * 1024;
const READER = nativeLibrary("abi2_fixture");
const WRITER = nativeLibrary("parquet_writer_plugin");

const FIELDS = {
  int: "integer",
  double: "double",
  bool: "boolean",
  text: "string",
  date: "date",
  time: "time",
  stamp: "timestamp",
  decimal: "decimal(38,5)",
  list: "array<string>",
};
const ASSET = {
  name: "rows",
  version: "1.0.0",
  schema: Object.entries(FIELDS).map(([name, type]) => ({ name, type })),
};

/** Runs a job whose reader and writer are libraries; a second run with more batches goes on where it stopped. */
function run(cwd: string, mode: Mode, options: Record<string, unknown>) {
  const job = {
    tenant_id: "acme",
    source_connector: "theirs",
    source: { custom_reader: `${READER}:create_reader`, engine: { options } },
    target_connector: "theirs",
    target: { custom_writer: `${WRITER}:create_writer`, connection: { path: "lake" } },
    asset_path: "rows.yaml",
    schema_validation_mode: "warn",
    plugins: { sandbox: { mode } },
  };
  writeFiles(cwd, { "rows.yaml": JSON.stringify(ASSET), "job.yaml": JSON.stringify(job) });
  const { code, stdout, stderr } = dativo(["run", "--config", "job.yaml", "--json"], { cwd });
  expect([code, stderr]).toEqual([1, expect.stringContaining("committed")]);
  const { counts, positions, rejects, plugins, warnings, target } = JSON.parse(stdout);
  const ran = withoutPlace(plugins, mode);
  return { counts, positions, plugins: ran, warnings, schema: target.schema, rejects: rejectsAt(rejects.path) };
}

function rejectsAt(path: string): unknown[] {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => ({ ...JSON.parse(line), run_id: undefined }));
}

describeNative("a job whose plugins run in processes of their own", () => {
  it("gives what it gives in one process: records, rejects, positions and receipt", async () => {
    const results = MODES.map((mode) => {
      const cwd = tempFolder();
      const first = run(cwd, mode, { batches: 2, rows: 40, reject_every: 7 });
      return { cwd, told: [first, run(cwd, mode, { batches: 3, rows: 40, reject_every: 7 })] };
    });
    const [inProcess, apart] = results;
    expect(apart?.told).toEqual(inProcess?.told);
    expect(apart?.told[1]?.counts).toMatchObject({ read: 46, written: 40, rejected: 6 });
    const select = (cwd?: string) => askDuckDB(`select * from read_parquet('${cwd}/lake/*.parquet') order by "int"`);
    const records = await select(apart?.cwd);
    expect(records).toHaveLength(120);
    expect(records).toEqual(await select(inProcess?.cwd));
  });

  it("lets a reader hold the contract itself", () => {
    const results = MODES.map((mode) => {
      const cwd = tempFolder();
      const job = {
        tenant_id: "acme",
        source_connector: "theirs",
        source: {
          custom_reader: `${nativeLibrary("csv_reader_plugin")}:create_reader`,
          files: [{ path: join(cwd, "rows.csv") }],
        },
        target_connector: "jsonl",
        target: { connection: { path: "lake" } },
        asset_path: "rows.yaml",
        schema_validation_mode: "warn",
        plugins: { sandbox: { mode } },
      };
      const asset = { name: "rows", version: "1.0.0", schema: [{ name: "id", type: "integer", maximum: 3 }] };
      writeFiles(cwd, {
        "rows.csv": "id\n1\nx\n3\n4\n",
        "rows.yaml": JSON.stringify(asset),
        "job.yaml": JSON.stringify(job),
      });
      const { code, stdout } = dativo(["run", "--config", "job.yaml", "--json"], { cwd });
      const { counts, rejects, positions } = JSON.parse(stdout);
      const told = JSON.stringify([counts, Object.values(positions), rejectsAt(rejects.path)]);
      return { code, counts, told: told.replaceAll(cwd, "").replace(/"mtimeNs":"\d+"/, "") };
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[1]).toMatchObject({ code: 1, counts: { read: 4, written: 2, rejected: 2 } });
  });

  it("refuses what cannot run there yet: libraries that commit by themselves", () => {
    const cwd = tempFolder();
    const job = {
      tenant_id: "acme",
      source_connector: "theirs",
      source: { custom_reader: `${READER}:create_reader` },
      target_connector: "theirs",
      target: { custom_writer: `${READER}:create_ledger`, connection: { path: "lake" } },
      asset_path: "rows.yaml",
      plugins: { sandbox: { mode: "process" } },
    };
    writeFiles(cwd, { "rows.yaml": JSON.stringify(ASSET), "job.yaml": JSON.stringify(job) });
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining("DTV_NOT_BUILT")]);
  });

  it("answers check and discover", () => {
    const cwd = tempFolder();
    const job = {
      tenant_id: "acme",
      source_connector: "theirs",
      source: { custom_reader: `${READER}:create_reader` },
      target_connector: "theirs",
      target: { custom_writer: `${READER}:create_writer`, connection: { path: "lake" } },
      asset_path: "rows.yaml",
      plugins: { sandbox: { mode: "process" } },
    };
    writeFiles(cwd, { "rows.yaml": JSON.stringify(ASSET), "job.yaml": JSON.stringify(job) });
    const checked = dativo(["check", "--config", "job.yaml"], { cwd });
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining("the fixture is there")]);
    const found = dativo(["discover", "--config", "job.yaml"], { cwd });
    expect([found.code, found.stdout]).toEqual([0, expect.stringContaining("everything")]);
  });
});

describeNative("a reader in a process of its own", () => {
  async function open(library: string, options: Record<string, unknown>) {
    const Reader = await readerIn("process", library);
    const reader = new Reader(new SourceConfig({ engine: { options } }));
    const lines: string[] = [];
    reader.ctx = { ...INERT_CONTEXT, log: { ...INERT_CONTEXT.log, info: (line) => lines.push(line) } };
    return { reader, lines, batches: reader.extract() as AsyncGenerator<{ batch: Batch }> };
  }

  it("makes one batch ahead, and no more until that one is taken", async () => {
    const { reader, lines, batches } = await open(nativeLibrary("hostile_fixture"), { how: "count" });
    const calls = () => lines.filter((line) => line.includes("call ")).length;
    await batches.next();
    await sleep(300);
    expect(calls()).toBe(2);
    await batches.next();
    await sleep(300);
    expect(calls()).toBe(3);
    await batches.return(undefined);
    await reader.close();
  });

  it.skipIf(process.platform !== "linux")("holds no more memory for more records, on neither side", async () => {
    const { reader, batches } = await open(READER, { batches: 80, rows: 65_536, plain: true });
    let bytes = 0;
    const resident: { here: number; there: number }[] = [];
    for await (const { batch } of batches) {
      bytes += batch.sizeBytes;
      const there = childrenOf(process.pid).map((pid) => Number(/VmRSS:\s+(\d+)/.exec(statusOf(pid))?.[1] ?? 0) * 1024);
      resident.push({ here: process.memoryUsage().rss, there: Math.max(...there) });
    }
    await reader.close();
    expect(bytes).toBeGreaterThan(500 * MIB);
    for (const side of ["here", "there"] as const) {
      const growth = Math.max(...resident.map((sample) => sample[side])) - (resident[10]?.[side] ?? 0);
      expect(growth, side).toBeLessThan(150 * MIB);
    }
  });
});
