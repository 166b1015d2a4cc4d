import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { StagingStorage } from "../../../lib/commit/folder/folder-staging.ts";
import { AssetDefinition } from "../../../lib/contract/asset.ts";
import type { Batch } from "../../../lib/contract/batch.ts";
import { TargetConfig } from "../../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { DativoError } from "../../../lib/contract/errors.ts";
import { type NativeCodecs, NO_NATIVE_CODECS } from "../../../lib/contract/native-codecs.ts";
import type { FileMetadata } from "../../../lib/contract/results.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { ArrowBatch } from "../../../lib/formats/arrow/arrow-batch.ts";
import { plainField } from "../../../lib/formats/arrow/arrow-field.ts";
import { encodeColumn } from "../../../lib/formats/arrow/encode-cells.ts";
import { runJob } from "../../../lib/job/run-job.ts";
import { nativeCallsInFlight } from "../../../lib/native/calls.ts";
import { liveExports } from "../../../lib/native/export-array.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { nativeCodecs } from "../../../lib/plugin/native-builtins.ts";
import { LocalStorage } from "../../../lib/storage/local.ts";
import { CsvWriter } from "../../../writers/csv.ts";
import { JsonlWriter } from "../../../writers/jsonl.ts";
import { VEGA, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";

afterEach(() => vi.unstubAllEnvs());

type Job = Readonly<Record<string, unknown>>;

/** What a job leaves in its target, and says of it. */
async function load(source: string, schema: readonly object[], job: Job, native: "on" | "off") {
  vi.stubEnv("DATIVO_NATIVE", native);
  const cwd = tempFolder();
  const asset = { name: "a", version: "1.0.0", source_type: "csv", object: "a", schema };
  writeFiles(cwd, { "a.csv": source, "a.yaml": JSON.stringify(asset) });
  const spec = {
    tenant_id: "acme",
    source_connector: "csv",
    source: { files: [{ path: "a.csv" }] },
    target: { connection: { path: "out" } },
    asset_path: "a.yaml",
    schema_validation_mode: "warn",
    ...job,
  };
  try {
    const receipt = await runJob(spec, { cwd, env: { STATE_DIR: join(cwd, "state") } });
    const files = visibleFiles(join(cwd, "out")).sort();
    const texts = files.map((file) => readFileSync(join(cwd, "out", file), "utf8"));
    return { text: texts.join("|"), counts: receipt.counts, checksums: receipt.checksums };
  } catch (error) {
    if (!(error instanceof DativoError)) throw error;
    const { code, message, culprit } = error;
    return {
      error: { code, message, culprit },
      left: readdirSync(cwd).includes("out") ? visibleFiles(join(cwd, "out")) : [],
    };
  }
}

const SCHEMA = [
  { name: "id", type: "integer", required: true },
  { name: "name", type: "string" },
  { name: "ratio", type: "double" },
  { name: "price", type: "decimal(12,2)" },
  { name: "seen", type: "timestamptz" },
  { name: "raw", type: "binary" },
];

/** Every seventh record is none. */
function sourceText(rows: number, ratio = (row: number) => String(Math.sin(row))): string {
  const line = (_: unknown, row: number): string => {
    const [id, name] = [row % 7 === 6 ? "x" : row, row % 5 === 0 ? `"a, ""b""\n🦀 ${row}"` : row % 3 ? `n${row}` : ""];
    return `${id},${name},${ratio(row)},${row}.05,2024-05-01T10:00:00+02:00,${row % 4 ? "AP8=" : ""}`;
  };
  return `id,name,ratio,price,seen,raw\n${Array.from({ length: rows }, line).join("\n")}\n`;
}

describeNative("CSV and JSON Lines targets", () => {
  it("have the same bytes and the same sums natively", async () => {
    const source = sourceText(20_000);
    const options = { delimiter: ";", null_value: "NULL", escape_formulas: "prefix", line_ending: "\r\n" };
    const targets: Job[] = [
      { target_connector: "csv" },
      { target_connector: "csv", target: { connection: { path: "out" }, engine: { options } } },
      { target_connector: "csv", target: { connection: { path: "out" }, partitioning: ["raw"] } },
      { target_connector: "jsonl" },
      { target_connector: "jsonl", map: { rename: { name: "who" } } },
    ];
    for (const target of targets) {
      const [on, off] = [await load(source, SCHEMA, target, "on"), await load(source, SCHEMA, target, "off")];
      expect(on).toEqual(off);
    }
    expect([liveNativeArrays(), liveExports(), nativeCallsInFlight()]).toEqual([0, 0, 0]);
  });

  it("have those of real data", async () => {
    const source = readFileSync(join(VEGA, "airports.csv"), "utf8");
    const schema = ["iata", "name", "city", "state", "country"].map((name) => ({ name, type: "string" }));
    const typed = [...schema, { name: "latitude", type: "double" }, { name: "longitude", type: "double" }];
    for (const target_connector of ["csv", "jsonl"]) {
      const [on, off] = [
        await load(source, typed, { target_connector }, "on"),
        await load(source, typed, { target_connector }, "off"),
      ];
      expect(on).toEqual(off);
      expect(on.text?.split("\n").length).toBeGreaterThan(3000);
    }
  });

  it("are not published where a value has no text, and say which", async () => {
    const source = sourceText(3000, (row) => (row === 1500 ? "NaN" : "1"));
    const [on, off] = [
      await load(source, SCHEMA, { target_connector: "jsonl" }, "on"),
      await load(source, SCHEMA, { target_connector: "jsonl" }, "off"),
    ];
    const reason = ' is NaN, which JSON has not; set non_finite to "null" or "string" to write it';
    // A record that was decoded natively is known by its number.
    expect(on).toEqual({ left: [], error: { ...off.error, message: `Field 'ratio' at a.csv, record 1501${reason}` } });
    expect(off.error?.message).toMatch(reason);
    expect(liveNativeArrays()).toBe(0);
  });
});

const asset = new AssetDefinition({
  name: "a",
  schema: [
    { name: "id", type: "integer" },
    { name: "name", type: "string" },
  ],
});

const cells = (from: number, rows: number): unknown[][] => [
  Array.from({ length: rows }, (_, i) => from + i),
  Array.from({ length: rows }, (_, i) => ((from + i) % 3 ? `n,${from + i}` : null)),
];

function rowBatch(from: number, rows: number): Batch {
  return RowBatch.fromColumns(asset.targetSchema(), cells(from, rows), rows);
}

function columnBatch(from: number, rows: number): Batch {
  const schema = asset.targetSchema();
  const columns = cells(from, rows).map((column, i) =>
    encodeColumn(asset.fields[i]?.type ?? { kind: "string" }, column),
  );
  return new ArrowBatch(schema, schema.fields.map(plainField), columns, rows);
}

/** The text that a writer stages of batches, and what it says of its files. */
async function stage(
  writerClass: typeof CsvWriter | typeof JsonlWriter,
  batches: readonly Batch[],
  native: NativeCodecs,
) {
  const folder = tempFolder();
  const writer = new writerClass(asset, new TargetConfig({ connection: { path: folder } }), folder);
  writer.ctx = { ...INERT_CONTEXT, native, storage: new StagingStorage(folder, new LocalStorage()) };
  const files: FileMetadata[] = [];
  for (const [index, batch] of batches.entries()) files.push(...(await writer.writeBatch(batch, index)));
  files.push(...(await writer.seal()));
  const texts = files.map(({ path }) => readFileSync(path, "utf8"));
  return { texts, told: files.map(({ path: _, ...facts }) => facts) };
}

describeNative("files of text", () => {
  it.each([CsvWriter, JsonlWriter])("take batches of columns and of rows in any order: %o", async (writerClass) => {
    vi.stubEnv("DATIVO_NATIVE", "on");
    const columnsFirst = [columnBatch(0, 5000), rowBatch(5000, 10), columnBatch(5010, 0), columnBatch(5010, 100)];
    const rowsFirst = [rowBatch(0, 5000), columnBatch(5000, 110)];
    const expected = await stage(writerClass, [rowBatch(0, 5110)], NO_NATIVE_CODECS);
    expect(expected.told).toMatchObject([{ recordCount: 5110, checksums: [{ values: 5110 }, { nulls: 1704 }] }]);
    for (const batches of [columnsFirst, rowsFirst]) {
      expect(await stage(writerClass, batches, nativeCodecs)).toEqual(expected);
    }
    expect(liveExports()).toBe(0);
  });

  it("refuse columns of other types than those before", async () => {
    const other = new Schema([{ name: "id", type: { kind: "date" }, nullable: true }]);
    const batch = new ArrowBatch(
      other,
      other.fields.map(plainField),
      [encodeColumn({ kind: "date" }, ["2024-01-01"])],
      1,
    );
    const code = stage(CsvWriter, [columnBatch(0, 1), batch], nativeCodecs).catch((error) => error.code);
    expect(await code).toBe("DTV_SCHEMA_CHANGED");
  });
});
