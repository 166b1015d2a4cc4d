import { join } from "node:path";
import { expect, it } from "vitest";
import { dativo, smallJob, VEGA, writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const WRITER = `${nativeLibrary("parquet_writer_plugin")}:create_writer`;

function run(options: Record<string, unknown>, source = join(VEGA, "zipcodes.csv"), cwd = tempFolder()) {
  const asset = {
    name: "zips",
    version: "1.0.0",
    schema: [
      { name: "zip_code", type: "string", required: true },
      { name: "latitude", type: "double", required: true },
      { name: "city", type: "string" },
    ],
  };
  const job = smallJob({
    source: { files: [{ path: source }] },
    target: { custom_writer: WRITER, connection: { path: "lake" }, engine: { options } },
    asset_path: "zips.yaml",
  });
  writeFiles(cwd, { "zips.yaml": JSON.stringify(asset), "job.yaml": job });
  return { cwd, ...dativo(["run", "--config", "job.yaml"], { cwd }) };
}

describeNative("libparquet_writer_plugin.so", () => {
  it.each([
    { compression: "zstd", row_group_size: 500_000 },
    { compression: "snappy", row_group_size: 5_000 },
    { compression: "lz4" },
    { compression: "none", target_size_mb: 0.2 },
  ])("writes what DuckDB reads, with %j", async (options) => {
    const { cwd, code, stderr } = run(options);
    expect([code, stderr]).toEqual([0, expect.stringContaining("committed 42,049 records")]);
    const files = visibleFiles(join(cwd, "lake"));
    expect(files.length > 1).toBe("target_size_mb" in options);
    const from = (path: string) =>
      `select count(*) n, sum(latitude)::decimal(18,4) sum, count(distinct zip_code) zips from ${path}`;
    const [written] = await askDuckDB(from(`read_parquet('${cwd}/lake/*.parquet')`));
    const [source] = await askDuckDB(
      from(`read_csv('${join(VEGA, "zipcodes.csv")}', types = {'zip_code': 'varchar'})`),
    );
    expect(written).toEqual(source);
  });

  it.each([
    ["plain", "PLAIN", "PLAIN"],
    [undefined, "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"],
    ["split", "DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
  ])("has texts and doubles as `encodings: %s` says", async (encodings, texts, doubles) => {
    const cwd = tempFolder();
    // No value comes twice, so no dictionary pays.
    const lines = Array.from({ length: 2000 }, (_, row) => `${row * 7919},${row / 7},here\n`);
    writeFiles(cwd, { "all.csv": `zip_code,latitude,city\n${lines.join("")}` });
    expect(run(encodings === undefined ? {} : { encodings }, "all.csv", cwd).code).toBe(0);
    const columns = await askDuckDB(
      `select distinct path_in_schema || ': ' || encodings as line from parquet_metadata('${cwd}/lake/*.parquet')`,
    );
    const found = columns.map(({ line }) => line);
    expect(found).toContainEqual(expect.stringMatching(new RegExp(`zip_code: .*\\b${texts}\\b`)));
    expect(found).toContainEqual(expect.stringMatching(new RegExp(`latitude: .*\\b${doubles}\\b`)));
  });

  it.each([
    [{ compresion: "zstd" }, "unknown option 'compresion' of the Parquet writer; known are compression"],
    [{ row_group_size: 0 }, "row_group_size is a number of 1 or more, got 0"],
    [{ compression: "zip" }, "zip"],
    [{ encodings: "v2" }, "encodings is plain, delta or split, not 'v2'"],
  ])("refuses %j", (options, message) => {
    const { code, stderr, cwd } = run(options);
    expect([code, stderr]).toEqual([2, expect.stringMatching(new RegExp(`DTV_OPTION_INVALID.*${message}`))]);
    expect(visibleFiles(join(cwd, "lake"))).toEqual([]);
  });
});
