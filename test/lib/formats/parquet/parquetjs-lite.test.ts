/** What parquetjs-lite wrote, we read; and what it gets wrong, kept as facts: why it is not the writer of Dativo. */

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Schema } from "../../../../lib/contract/schema.ts";
import { parseType } from "../../../../lib/contract/types.ts";
import { decodeAll, encodeAll } from "./codec.ts";
import { Duck } from "./duck.ts";
import { record } from "./sample.ts";

interface LiteField {
  readonly type?: string;
  readonly optional?: boolean;
  readonly repeated?: boolean;
  readonly compression?: string;
  readonly fields?: Record<string, LiteField>;
}

interface LiteWriter {
  appendRow(row: object): Promise<void>;
  close(): Promise<void>;
}

interface LiteReader {
  getCursor(): { next(): Promise<object | null> };
  close(): Promise<void>;
}

interface Lite {
  readonly ParquetSchema: new (fields: Record<string, LiteField>) => object;
  readonly ParquetWriter: {
    openFile(
      schema: object,
      path: string,
      options?: { rowGroupSize?: number; useDataPageV2?: boolean },
    ): Promise<LiteWriter>;
  };
  readonly ParquetReader: { openFile(path: string): Promise<LiteReader> };
}

const lite = createRequire(import.meta.url)("parquetjs-lite") as Lite;

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => duck.close());

async function writeLite(
  fields: Record<string, LiteField>,
  rows: readonly object[],
  options: { rowGroupSize?: number; useDataPageV2?: boolean } = {},
): Promise<string> {
  const path = duck.path("lite.parquet");
  const writer = await lite.ParquetWriter.openFile(new lite.ParquetSchema(fields), path, options);
  for (const row of rows) await writer.appendRow(row);
  await writer.close();
  return path;
}

async function readLite(path: string): Promise<object[]> {
  const reader = await lite.ParquetReader.openFile(path);
  const cursor = reader.getCursor();
  const rows: object[] = [];
  for (let row = await cursor.next(); row; row = await cursor.next()) rows.push(row);
  await reader.close();
  return rows;
}

describe("files that parquetjs-lite wrote are read", () => {
  const FIELDS: Record<string, LiteField> = {
    id: { type: "INT64" },
    small: { type: "INT32", optional: true },
    name: { type: "UTF8", optional: true },
    amount: { type: "DOUBLE" },
    ratio: { type: "FLOAT" },
    flag: { type: "BOOLEAN" },
    day: { type: "DATE" },
    at: { type: "TIMESTAMP_MILLIS" },
    at_micros: { type: "TIMESTAMP_MICROS" },
    clock: { type: "TIME_MILLIS" },
    raw: { type: "BYTE_ARRAY" },
    doc: { type: "JSON", optional: true },
    tags: { type: "UTF8", repeated: true },
    place: { fields: { city: { type: "UTF8" }, zip: { type: "INT32", optional: true } }, optional: true },
    lines: { repeated: true, fields: { sku: { type: "UTF8" }, count: { type: "INT64" } } },
  };
  const at = new Date("2020-01-02T03:04:05.678Z");
  const row = (i: number) => ({
    id: i,
    ...(i % 3 === 0
      ? {}
      : { small: -i, name: `name ${i}`, doc: { i }, place: { city: "Bern", ...(i % 2 ? { zip: i } : {}) } }),
    amount: i / 3,
    ratio: i / 2,
    flag: i % 2 === 0,
    day: new Date("1999-12-31T00:00:00Z"),
    at,
    at_micros: at,
    clock: 3_723_004,
    raw: Buffer.from([i % 256, 0, 255]),
    tags: i % 4 === 0 ? [] : ["a", `t${i}`],
    lines: i % 5 === 0 ? [] : [{ sku: "x", count: i }],
  });
  const cells = (i: number) => [
    i,
    i % 3 === 0 ? null : -i,
    i % 3 === 0 ? null : `name ${i}`,
    i / 3,
    i / 2,
    i % 2 === 0,
    "1999-12-31",
    "2020-01-02T03:04:05.678000Z",
    "2020-01-02T03:04:05.678000Z",
    "01:02:03.004000",
    new Uint8Array([i % 256, 0, 255]),
    i % 3 === 0 ? null : { i },
    i % 4 === 0 ? [] : ["a", `t${i}`],
    i % 3 === 0 ? null : record({ city: "Bern", zip: i % 2 ? i : null }),
    i % 5 === 0 ? [] : [record({ sku: "x", count: i })],
  ];

  for (const compression of ["UNCOMPRESSED", "SNAPPY", "GZIP"]) {
    for (const useDataPageV2 of [true, false]) {
      test(`${compression}, pages of version ${useDataPageV2 ? 2 : 1}`, async () => {
        const fields = Object.fromEntries(
          Object.entries(FIELDS).map(([name, field]) => [name, { ...field, compression }]),
        );
        const rows = Array.from({ length: 500 }, (_, i) => row(i));
        const { schema, columns } = await decodeAll(
          await writeLite(fields, rows, { rowGroupSize: 200, useDataPageV2 }),
        );
        expect(schema.toString()).toBe(
          '"id" integer not null, "small" integer, "name" string, "amount" double not null, "ratio" double not null, ' +
            '"flag" boolean not null, "day" date not null, "at" timestamptz not null, "at_micros" timestamptz not null, ' +
            '"clock" time not null, "raw" binary not null, "doc" object, "tags" array<string> not null, ' +
            '"place" object{city: string not null, zip: integer}, ' +
            '"lines" array<object{sku: string not null, count: integer not null}> not null',
        );
        expect(rows.map((_, i) => columns.map((column) => column[i]))).toEqual(rows.map((_, i) => cells(i)));
      });
    }
  }
});

describe("facts about parquetjs-lite 0.8.7", () => {
  test("it rounds whole numbers beyond 2^53", async () => {
    const path = await writeLite({ n: { type: "INT64" } }, [{ n: 9007199254740993n }, { n: 2n ** 62n + 1n }]);
    expect((await decodeAll(path)).columns).toEqual([[2n ** 53n, 2n ** 62n]]);
  });

  test("it has no decimals", () => {
    expect(() => new lite.ParquetSchema({ d: { type: "DECIMAL" } })).toThrow("invalid parquet type: DECIMAL");
  });

  test("it cannot write NaN", async () => {
    await expect(writeLite({ d: { type: "DOUBLE" } }, [{ d: Number.NaN }])).rejects.toMatch(/invalid value for DOUBLE/);
  });

  test("it cannot read the timestamps that it wrote", async () => {
    const path = await writeLite({ t: { type: "TIMESTAMP_MILLIS" } }, [{ t: new Date(0) }]);
    await expect(readLite(path)).rejects.toThrow("Cannot convert a BigInt value to a number");
    expect((await decodeAll(path)).columns).toEqual([["1970-01-01T00:00:00.000000Z"]]);
  });

  test("it cannot read what other writers write today", async () => {
    const path = duck.path("ours.parquet");
    const schema = new Schema([{ name: "n", type: parseType("integer"), nullable: false }]);
    writeFileSync(path, await encodeAll(schema, [[1]], { options: { compression: "none" } }));
    await expect(readLite(path)).rejects.toMatch("invalid parquet version");
  });
});
