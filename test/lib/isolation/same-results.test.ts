import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { defineAsset } from "../../../lib/contract/asset.ts";
import { type Batch, isBatch, type Row } from "../../../lib/contract/batch.ts";
import { SourceConfig, TargetConfig } from "../../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import type { BaseReader, Yielded } from "../../../lib/contract/reader.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { IncrementalStateManager } from "../../../lib/contract/state.ts";
import { livePluginProcesses } from "../../../lib/isolation/plugin-process.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
import { MODES, type Mode, readerIn, writerIn } from "../../support/player-modes.ts";

const OLD = nativeLibrary("abi1_fixture");
const TELLING = nativeLibrary("abi1_telling_fixture");
const NEW = nativeLibrary("abi2_fixture");

/** Everything that a reader gives and says. */
async function readAll(mode: Mode, library: string, options: Record<string, unknown>, position?: unknown) {
  const Reader = await readerIn(mode, library);
  const reader: BaseReader = new Reader(new SourceConfig({ engine: { options } }));
  const heard: { rejects: Reject[]; filtered: number; warnings: string[] } = { rejects: [], filtered: 0, warnings: [] };
  reader.ctx = {
    ...INERT_CONTEXT,
    log: { ...INERT_CONTEXT.log, warn: (message) => heard.warnings.push(message) },
    reject: (reject) => void heard.rejects.push(reject),
    filtered: (count) => {
      heard.filtered += count;
    },
  };
  const yielded: unknown[] = [];
  let failure: unknown;
  try {
    for (const split of await reader.plan()) {
      for await (const given of reader.extract(new IncrementalStateManager(position), split))
        yielded.push(describe(given));
    }
  } catch (error) {
    const { code, message, culprit, hint } = error as Record<string, unknown>;
    failure = { code, message, culprit, hint };
  } finally {
    await reader.close();
  }
  return { yielded, failure, ...heard };
}

function describe(given: Yielded): unknown {
  if ("position" in given && !isBatch(given)) {
    return { position: given.position, ...(describe(given.batch) as object) };
  }
  const records = given as Batch | Row[];
  if (!isBatch(records)) return { rows: records };
  const { schema, length, provenance } = records;
  const rows = [...records.rows({ integers: "bigint" })];
  const columns = schema.names.map((name) => {
    const { values, nullCount, isNull } = records.column(name);
    return { nullCount, values: Array.from(values, (value, i) => (isNull(i) ? null : value)) };
  });
  records.release();
  return { schema, length, rows, columns, places: rows.map((_, i) => provenance?.at(i)) };
}

describeNative("a library in a process of its own", () => {
  afterEach(() => {
    expect([livePluginProcesses(), liveNativeArrays()]).toEqual([0, 0]);
  });

  it.each([
    ["ABI 1", OLD, { rows: 5, end: "empty" }, undefined],
    ["ABI 1 that ends with null", OLD, { rows: 3, end: "null" }, undefined],
    ["ABI 1 that says why", TELLING, { rows: 3, end: "null" }, undefined],
    ["ABI 1 that refuses", OLD, { refuse: true }, undefined],
    ["ABI 1 that gives no JSON", OLD, { garbage: true }, undefined],
    ["ABI 2", NEW, { batches: 3, rows: 11 }, undefined],
    ["ABI 2 of our own types", NEW, { batches: 3, rows: 11, plain: true }, undefined],
    ["ABI 2, one record at a time", NEW, { batches: 9, rows: 1, plain: true }, undefined],
    ["ABI 2 without records", NEW, { batches: 2, rows: 0, plain: true }, undefined],
    ["ABI 2 from a position, with rejects", NEW, { batches: 3, rows: 2, reject_every: 3 }, 1],
    ["ABI 2 of two splits", NEW, { batches: 2, splits: 2 }, undefined],
    ["ABI 2 that fails in the middle", NEW, { fail_at: 1, fail: "error" }, undefined],
    ["ABI 2 that panics", NEW, { fail_at: 1, fail: "panic" }, undefined],
    ["ABI 2 that refuses", NEW, { refuse: "no such thing" }, undefined],
  ])("reads the same: %s", async (_, library, options, position) => {
    const [inProcess, apart] = await Promise.all(MODES.map((mode) => readAll(mode, library, options, position)));
    expect(inProcess?.yielded.length || inProcess?.failure).toBeTruthy();
    expect(apart).toEqual(inProcess);
  });

  it("answers the same questions", async () => {
    const answers = MODES.map(async (mode) => {
      const Reader = await readerIn(mode, NEW);
      const reader: BaseReader = new Reader(new SourceConfig({ engine: { options: { rows: 7 } } }));
      const asked = [reader.checkConnection(), reader.discover(), reader.getTotalRecordsEstimate(), reader.plan()];
      const given = await Promise.all(asked);
      await reader.close();
      return given;
    });
    const [inProcess, apart] = await Promise.all(answers);
    expect(apart).toEqual(inProcess);
    expect(apart?.[2]).toBe(7);
  });

  const schema = new Schema([
    { name: "int", type: { kind: "integer" }, nullable: false },
    { name: "double", type: { kind: "double" }, nullable: true },
    { name: "bool", type: { kind: "boolean" }, nullable: true },
    { name: "text", type: { kind: "string" }, nullable: true },
    { name: "decimal", type: { kind: "decimal", precision: 38, scale: 2 }, nullable: true },
    { name: "date", type: { kind: "date" }, nullable: true },
    { name: "time", type: { kind: "time" }, nullable: true },
    { name: "stamp", type: { kind: "timestamp", zoned: false }, nullable: true },
    { name: "zoned", type: { kind: "timestamp", zoned: true }, nullable: true },
    { name: "list", type: { kind: "array", items: { kind: "string" } }, nullable: true },
    {
      name: "object",
      type: { kind: "object", properties: [{ name: "a", type: { kind: "integer" }, nullable: true }] },
      nullable: true,
    },
    { name: "json", type: { kind: "object" }, nullable: true },
    { name: "any", type: { kind: "string" }, nullable: true, lexical: true },
  ]);
  const row = {
    int: 9007199254740993n,
    double: -0.5,
    bool: true,
    text: "žluť ☃",
    decimal: "-123456789012345678901234567890123456.78",
    date: "0001-01-01",
    time: "23:59:59.999999",
    stamp: "9999-12-31T23:59:59.999999",
    zoned: "1969-12-31T23:59:59.999999Z",
    list: ["a", null, "b"],
    object: { a: 7 },
    json: { b: 9007199254740993n },
    any: 3,
  };
  const nulls = Object.fromEntries(Object.keys(row).map((name) => [name, name === "int" ? 1 : null]));

  async function write(mode: Mode, library: string, batches: readonly Batch[], options = {}) {
    const folder = tempFolder();
    const Writer = await writerIn(mode, library);
    const asset = defineAsset({ name: "rows", schema: [{ name: "int", type: "integer" }] });
    const writer = new Writer(asset as never, new TargetConfig({ engine: { options } }), folder);
    const files = [];
    let failure: unknown;
    try {
      await writer.open(schema);
      for (const [i, batch] of batches.entries()) files.push(...(await writer.writeBatch(batch as never, i)));
      files.push(...(await writer.seal()));
    } catch (error) {
      const { code, message, culprit } = error as Record<string, unknown>;
      failure = { code, message, culprit };
    } finally {
      await writer.close();
    }
    const texts = files.map(({ path }) => readFileSync(path, "utf8"));
    return { texts, failure, files: files.map(({ path, ...rest }) => ({ ...rest, path: path.replace(folder, "") })) };
  }

  it.each([
    ["ABI 1", OLD, {}],
    ["ABI 1 that fails", OLD, { fail: true }],
    ["ABI 2", NEW, {}],
    ["ABI 2 that fails", NEW, { fail: "the disk is full" }],
    ["ABI 2 that panics", NEW, { fail: "panic" }],
  ])("writes the same: %s", async (_, library, options) => {
    const batches = [RowBatch.fromRows([row, nulls], schema), RowBatch.fromRows([row], schema)];
    const [inProcess, apart] = await Promise.all(MODES.map((mode) => write(mode, library, batches, options)));
    expect(inProcess?.texts.length || inProcess?.failure).toBeTruthy();
    expect(apart).toEqual(inProcess);
  });

  it("writes Arrow columns as they arrive, aligned as their types need", async () => {
    const typed = new Schema(schema.fields.filter(({ lexical }) => !lexical));
    const { any: _, ...typedRow } = row;
    // One column before the decimals puts them at every eighth byte, not at every sixteenth.
    const batches = [1, 2, 3].map((count) =>
      RowBatch.fromRows(
        Array.from({ length: count }, () => typedRow),
        typed,
      ),
    );
    const [inProcess, apart] = await Promise.all(MODES.map((mode) => write(mode, NEW, batches)));
    expect(inProcess?.failure).toBeUndefined();
    expect(apart).toEqual(inProcess);
  });
});
