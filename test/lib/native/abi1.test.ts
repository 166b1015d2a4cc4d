import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { type AssetDefinition, defineAsset } from "../../../lib/contract/asset.ts";
import { SourceConfig, TargetConfig } from "../../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { nativeCallsInFlight } from "../../../lib/native/calls.ts";
import { findNativeReader, findNativeWriter } from "../../../lib/native/find-native.ts";
import { openLibrary } from "../../../lib/native/library.ts";
import { dativo, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const OLD = nativeLibrary("abi1_fixture");
const TELLING = nativeLibrary("abi1_telling_fixture");

/** Objects and strings that a library has handed out and not got back. */
const live = (file: string): number => Number(openLibrary(file).fn("fixture_live", "int64_t", [])());

async function read(options: Record<string, unknown>, file = OLD) {
  const { playerClass } = findNativeReader(file, "create_reader");
  const reader = new playerClass(new SourceConfig({ engine: { options } }));
  const warnings: string[] = [];
  reader.ctx = { ...INERT_CONTEXT, log: { ...INERT_CONTEXT.log, warn: (message) => warnings.push(message) } };
  const rows: unknown[] = [];
  let failure: unknown;
  try {
    for await (const batch of reader.extract()) rows.push(...(batch as unknown[]));
  } catch (error) {
    failure = error;
  }
  await reader.close();
  await reader.close();
  return { rows, warnings, failure };
}

describeNative("a reader that speaks ABI 1", () => {
  it("gives every record, integers to the last digit, and gets back what it gave", async () => {
    const { rows, warnings, failure } = await read({ rows: 5, end: "empty" });
    expect(rows).toEqual([
      { id: 0, name: "row 0", big: 9007199254740993n },
      { id: 1, name: "row 1", big: 9007199254740994n },
      { id: 2, name: "row 2", big: 9007199254740995n },
      { id: 3, name: "row 3", big: 9007199254740996n },
      { id: 4, name: "row 4", big: 9007199254740997n },
    ]);
    expect([warnings, failure, live(OLD)]).toEqual([[], undefined, 0]);
  });

  it("is told of once more after a null, and the doubt is named", async () => {
    const { rows, warnings } = await read({ rows: 6, null_after: 1 });
    expect(rows).toHaveLength(6);
    expect(warnings).toEqual(Array(2).fill(expect.stringContaining('says "end" as well as "error"')));
    expect(live(OLD)).toBe(0);
  });

  it("that can tell its last error ends without doubt, or fails with its reason", async () => {
    const good = await read({ rows: 5 }, TELLING);
    expect([good.rows.length, good.warnings, good.failure]).toEqual([5, [], undefined]);
    const bad = await read({ rows: 5, null_after: 1 }, TELLING);
    expect([bad.rows.length, bad.failure]).toEqual([
      2,
      expect.objectContaining({
        code: "DTV_PLUGIN_FAILED",
        message: expect.stringContaining("row 3 of page 7 is torn"),
      }),
    ]);
    expect(live(TELLING)).toBe(0);
  });

  it.each([
    [{ refuse: true }, "DTV_PLUGIN_FAILED", "returned null: it does not take its configuration"],
    [{ garbage: true }, "DTV_PLUGIN_RESULT", "returned text that is not JSON"],
    [{ garbage: "bytes" }, "DTV_PLUGIN_RESULT", "returned text that is not UTF-8"],
  ])("%j fails with %s", async (options, code, message) => {
    const { failure } = await read(options);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(live(OLD)).toBe(0);
  });

  it("is not freed while it works", async () => {
    const { playerClass } = findNativeReader(OLD, "create_reader");
    const reader = new playerClass(new SourceConfig({ engine: { options: { sleep_ms: 300 } } }));
    const rows = (reader.extract() as AsyncGenerator)[Symbol.asyncIterator]();
    const first = rows.next();
    await sleep(100);
    expect(nativeCallsInFlight()).toBe(1);
    const closed = Promise.resolve(reader.close()).then(() => nativeCallsInFlight());
    expect(await closed).toBe(0);
    expect((await first).value).toHaveLength(2);
    expect(live(OLD)).toBe(0);
  });
});

describeNative("a writer that speaks ABI 1", () => {
  const asset = defineAsset({ name: "rows", schema: [{ name: "id", type: "integer" }] });

  async function write(options: Record<string, unknown>, rows: Record<string, unknown>[]) {
    const folder = tempFolder();
    const { playerClass } = findNativeWriter(OLD, "create_writer");
    const writer = new playerClass(asset as AssetDefinition, new TargetConfig({ engine: { options } }), folder);
    try {
      await writer.open(asset.targetSchema());
      return { folder, files: await writer.writeBatch(RowBatch.fromRows(rows) as never, 7) };
    } finally {
      await writer.close();
    }
  }

  it("gets every record, integers to the last digit, and its files are described as ours are", async () => {
    const { folder, files } = await write({}, [{ id: 9007199254740993n }, { id: null }]);
    const path = join(folder, "part-00007.jsonl");
    expect(readFileSync(path, "utf8")).toBe('{"id":9007199254740993}\n{"id":null}\n');
    expect(files).toEqual([{ path, sizeBytes: 36, recordCount: 2 }]);
    expect(live(OLD)).toBe(0);
  });

  it("that returns null fails, and so does a value that JSON has not", async () => {
    await expect(write({ fail: true }, [{ id: 1 }])).rejects.toMatchObject({ code: "DTV_PLUGIN_FAILED" });
    await expect(write({}, [{ id: Number.NaN }])).rejects.toMatchObject({ code: "DTV_VALUE_UNFIT" });
    expect(live(OLD)).toBe(0);
  });
});

describeNative("a library", () => {
  it.each([
    ["no/such/libx.so", "DTV_PLUGIN_NOT_FOUND", "Rust plugin library not found"],
    [join(import.meta.dirname, "abi1.test.ts"), "DTV_PLUGIN_LOAD", "could not be loaded"],
  ])("%s fails with %s", (path, code, message) => {
    expect(() => findNativeReader(path, "create_reader")).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it("without the symbol fails with its name", () => {
    expect(() => findNativeReader(OLD, "create_raeder")).toThrow(
      expect.objectContaining({
        code: "DTV_PLUGIN_CLASS",
        message: expect.stringContaining("Symbol 'create_raeder' not found"),
      }),
    );
  });
});

describeNative("a job", () => {
  const job = (reader: string, writer: string) =>
    smallJob({
      source: { custom_reader: reader, engine: { options: { rows: 5, end: "empty" } } },
      target: { custom_writer: writer, connection: { path: "lake" } },
    });
  const asset = JSON.stringify({
    name: "rows",
    version: "1.0.0",
    schema: [
      { name: "id", type: "integer", required: true },
      { name: "big", type: "integer" },
    ],
  });

  it("reads and writes through libraries in one commit, whatever the system calls them", () => {
    const cwd = tempFolder();
    const elsewhere = OLD.replace(/\.\w+$/, ".dll");
    writeFiles(cwd, { "people.yaml": asset, "job.yaml": job(`${elsewhere}:create_reader`, `${OLD}:create_writer`) });
    const done = dativo(["run", "--config", "job.yaml", "--json"], { cwd });
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 5 records")]);
    const files = visibleFiles(join(cwd, "lake"));
    expect(files.map((file) => readFileSync(join(cwd, "lake", file), "utf8")).join("")).toContain(
      '{"id":4,"big":9007199254740997}',
    );
    expect(JSON.parse(done.stdout).plugins).toHaveLength(2);
  });

  it("says what is wrong before it runs", () => {
    const cwd = tempFolder();
    writeFiles(cwd, { "people.yaml": asset, "job.yaml": job(`${OLD}:nothing`, `${OLD}:create_writer`) });
    const checked = dativo(["check", "--config", "job.yaml"], { cwd });
    expect([checked.code, checked.stdout + checked.stderr]).toEqual([
      2,
      expect.stringContaining("Symbol 'nothing' not found in library"),
    ]);
  });
});
