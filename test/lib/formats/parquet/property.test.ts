import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EncodeSettings } from "../encode-table.ts";
import { type AnyTable, anyTable } from "./any-table.ts";
import { decodeAll, encodeAll } from "./codec.ts";
import { Duck } from "./duck.ts";

const RUNS = Number(process.env["PARQUET_RUNS"] ?? 150);

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => duck.close());

const anySettings: fc.Arbitrary<EncodeSettings> = fc.record({
  options: fc.record({
    compression: fc.constantFrom("zstd", "snappy", "gzip", "none"),
    row_group_size: fc.integer({ min: 1, max: 50 }),
    statistics: fc.boolean(),
  }),
  batchRows: fc.integer({ min: 1, max: 50 }),
});

function cellsOf({ schema, columns }: AnyTable, read: readonly unknown[][]): [string, unknown[]][] {
  return schema.names.map((name, i) => [name, read[i] ?? columns[i]?.slice(0, 0) ?? []]);
}

test("any records of any schema are read as they were written", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      anyTable("any"),
      anySettings,
      fc.integer({ min: 1, max: 50 }),
      async (table, settings, batchRows) => {
        const read = await decodeAll(await encodeAll(table.schema, table.columns, settings), {}, batchRows);
        expect(read.schema.toString()).toBe(table.schema.toString());
        expect(cellsOf(table, read.columns)).toEqual(cellsOf(table, table.columns));
      },
    ),
    { numRuns: RUNS },
  );
});

test("any records of any schema are read by DuckDB as they were written", { timeout: 600_000 }, async () => {
  const path = duck.path("any.parquet");
  await fc.assert(
    fc.asyncProperty(anyTable("plain"), anySettings, async (table, settings) => {
      writeFileSync(path, await encodeAll(table.schema, table.columns, settings));
      expect(cellsOf(table, await duck.columns(`FROM '${path}'`))).toEqual(cellsOf(table, table.columns));
    }),
    { numRuns: RUNS },
  );
});

test("any records that DuckDB wrote are read by us as DuckDB reads them", { timeout: 600_000 }, async () => {
  const ours = duck.path("ours.parquet");
  const theirs = duck.path("theirs.parquet");
  const anyCopy = fc.record({
    codec: fc.constantFrom("zstd", "snappy", "gzip", "uncompressed"),
    version: fc.constantFrom("V1", "V2"),
  });
  await fc.assert(
    fc.asyncProperty(anyTable("plain"), anyCopy, async (table, { codec, version }) => {
      writeFileSync(ours, await encodeAll(table.schema, table.columns));
      await duck.run(
        `COPY (FROM '${ours}') TO '${theirs}' (FORMAT parquet, CODEC '${codec}', PARQUET_VERSION ${version})`,
      );
      // Not as they were: DuckDB's dictionaries hold 0 and -0 for one value.
      const seen = await duck.columns(`FROM '${theirs}'`);
      expect(cellsOf(table, (await decodeAll(theirs)).columns)).toEqual(cellsOf(table, seen));
    }),
    { numRuns: RUNS },
  );
});
