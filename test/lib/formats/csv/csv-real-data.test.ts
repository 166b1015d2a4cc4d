import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csvFormat } from "../../../../lib/formats/csv/csv-format.ts";
import { decodeWell } from "./decode.ts";

const DATA = new URL("../../../../node_modules/vega-datasets/data/", import.meta.url);

let duckdb: DuckDBInstance;
beforeAll(async () => {
  duckdb = await DuckDBInstance.create();
});
afterAll(() => duckdb.closeSync());

describe("files of the world are read as DuckDB reads them, cell for cell", () => {
  it.each([
    ["zipcodes.csv", 42_049],
    ["airports.csv", 3_376],
    ["weather.csv", 2_922],
    ["birdstrikes.csv", 10_000],
    ["species.csv", 12_360],
  ])("%s", async (file, count) => {
    const path = fileURLToPath(new URL(file, DATA));
    const connection = await duckdb.connect();
    const result = await connection.runAndReadAll(
      `SELECT * FROM read_csv('${path}', all_varchar = true, header = true, nullstr = ['', 'NULL', 'null', 'None'])`,
    );
    connection.closeSync();
    const bytes = readFileSync(path);
    const { names, rows, rejects, places } = decodeWell(csvFormat, bytes, { cuts: [65_536] });
    expect(names).toEqual(result.columnNames());
    expect(rejects).toEqual([]);
    expect(rows.length).toBe(count);
    const expected = result.getRows();
    expect(expected.length).toBe(count);
    for (const [i, row] of rows.entries()) expect(row).toEqual(expected[i]);
    for (const { offset = 0, length = 0, raw } of places) {
      expect(Buffer.compare(bytes.subarray(offset, offset + length), raw ?? Buffer.of())).toBe(0);
    }
  });
});
