import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { defineAsset } from "../../../lib/contract/asset.ts";
import type { Batch } from "../../../lib/contract/batch.ts";
import { SourceConfig, TargetConfig } from "../../../lib/contract/config.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { nativeCallsInFlight } from "../../../lib/native/calls.ts";
import type { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { liveExports } from "../../../lib/native/export-array.ts";
import { findNativeReader, findNativeWriter } from "../../../lib/native/find-native.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const FIXTURE = nativeLibrary("abi2_fixture");
const asset = defineAsset({ name: "rows", schema: [] });

async function write(batches: readonly Batch[], options: Record<string, unknown> = {}) {
  const folder = tempFolder();
  const { playerClass } = findNativeWriter(FIXTURE, "create_writer");
  const writer = new playerClass(asset, new TargetConfig({ engine: { options } }), folder);
  try {
    await writer.open(new Schema([]));
    for (const [index, batch] of batches.entries()) await writer.writeBatch(batch as never, index);
    const files = await writer.seal();
    return { files, text: files.length > 0 ? readFileSync(join(folder, "lines.txt"), "utf8") : "", folder };
  } finally {
    await writer.close();
  }
}

/** What the library prints of each column. */
const columnsOf = (text: string): string[] => text.split("\n").filter((line) => line.includes("["));

describeNative("a writer that speaks ABI 2", () => {
  afterEach(() => {
    expect([liveNativeArrays(), liveExports(), nativeCallsInFlight()]).toEqual([0, 0, 0]);
  });

  it("gets JavaScript's records as Arrow columns of every type", async () => {
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
      { name: "bytes", type: { kind: "binary" }, nullable: true },
      { name: "list", type: { kind: "array", items: { kind: "string" } }, nullable: true },
      {
        name: "object",
        type: { kind: "object", properties: [{ name: "a", type: { kind: "integer" }, nullable: true }] },
        nullable: true,
      },
      { name: "json", type: { kind: "object" }, nullable: true },
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
      bytes: new Uint8Array([0, 255]),
      list: ["a", null, "b"],
      object: { a: 7 },
      json: { b: 9007199254740993n },
    };
    const nulls = Object.fromEntries(Object.keys(row).map((name) => [name, name === "int" ? 1 : null]));
    const { text, files, folder } = await write([RowBatch.fromRows([row, nulls], schema)]);
    expect(files).toEqual([expect.objectContaining({ path: join(folder, "lines.txt"), recordCount: 2 })]);
    expect(text.split("\n").slice(0, 13)).toEqual([
      "int: Int64 not null",
      "double: Float64",
      "bool: Boolean",
      "text: Utf8",
      "decimal: Decimal128(38, 2)",
      "date: Date32",
      "time: Time64(µs)",
      "stamp: Timestamp(µs)",
      'zoned: Timestamp(µs, "UTC")',
      "bytes: Binary",
      "list: List(Utf8)",
      'object: Struct("a": Int64)',
      "json: Utf8",
    ]);
    expect(columnsOf(text).map((line) => line.replace(/\s+/g, " "))).toMatchInlineSnapshot(`
      [
        "PrimitiveArray<Int64> [ 9007199254740993, 1, ]",
        "PrimitiveArray<Float64> [ -0.5, null, ]",
        "BooleanArray [ true, null, ]",
        "StringArray [ "žluť ☃", null, ]",
        "PrimitiveArray<Decimal128(38, 2)> [ -12345678901234567890123456789012345678, null, ]",
        "PrimitiveArray<Date32> [ 0001-01-01, null, ]",
        "PrimitiveArray<Time64(µs)> [ 23:59:59.999999, null, ]",
        "PrimitiveArray<Timestamp(µs)> [ 9999-12-31T23:59:59.999999, null, ]",
        "PrimitiveArray<Timestamp(µs, "UTC")> [ 1969-12-31T23:59:59.999999 (Unknown Time Zone 'UTC'), null, ]",
        "BinaryArray [ [0, 255], null, ]",
        "ListArray [ StringArray [ "a", null, "b", ], null, ]",
        "StructArray -- validity: [ valid, null, ] [ -- child 0: "a" (Int64) PrimitiveArray<Int64> [ 7, null, ] ]",
        "StringArray [ "{\\"b\\":9007199254740993}", null, ]",
      ]
    `);
  });

  async function readFixture(options: Record<string, unknown>): Promise<ColumnBatch[]> {
    const { playerClass } = findNativeReader(FIXTURE, "create_reader");
    const reader = new playerClass(new SourceConfig({ engine: { options: { batches: 2, rows: 3, ...options } } }));
    const batches: ColumnBatch[] = [];
    for await (const { batch } of reader.extract() as AsyncIterable<{ batch: ColumnBatch }>) batches.push(batch);
    await reader.close();
    return batches;
  }

  it("takes a native batch as it is, without a look at its columns", async () => {
    const batches = await readFixture({ plain: true });
    const { text } = await write(batches);
    expect(text).toContain("9007199254740993");
    expect(() => batches[0]?.column("int")).toThrow(expect.objectContaining({ code: "DTV_BATCH_MOVED" }));
  });

  it("gets a copy where the columns lie otherwise than the writer was told, or somebody keeps them", async () => {
    for (const options of [{}, { plain: true }]) {
      const batches = await readFixture(options);
      const kept = batches.map((batch) => batch.retain());
      const { text } = await write(batches);
      expect(text).toContain("9007199254740993");
      for (const batch of batches) batch.release();
      expect(kept[1]?.column("int").length).toBe(3);
      for (const batch of kept) batch.release();
    }
  });

  it("makes no file of no records", async () => {
    expect((await write([])).files).toEqual([]);
  });

  it.each([
    ["the disk is full", "write.. of", "the disk is full"],
    ["panic", "write.. of", "panicked: no more ink"],
  ])("that fails with %s gives the records back", async (fail, ...parts) => {
    await expect(write([RowBatch.fromRows([{ a: "x" }])], { fail })).rejects.toMatchObject({
      code: "DTV_PLUGIN_FAILED",
      message: expect.stringMatching(parts.join(".*")),
    });
  });

  it("does not take a second schema", async () => {
    const typed = (kind: "string" | "integer") => new Schema([{ name: "a", type: { kind }, nullable: true }]);
    const batches = [RowBatch.fromRows([{ a: "x" }], typed("string")), RowBatch.fromRows([{ a: 1 }], typed("integer"))];
    await expect(write(batches)).rejects.toMatchObject({ code: "DTV_SCHEMA_CHANGED" });
  });

  it("answers whether it can write", async () => {
    const { playerClass } = findNativeWriter(FIXTURE, "create_writer");
    const writer = new playerClass(asset, new TargetConfig(), "");
    expect(await writer.checkConnection()).toMatchObject({ success: true, message: "there is ink" });
    await writer.close();
  });
});
