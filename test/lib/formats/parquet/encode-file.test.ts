import { writeFileSync } from "node:fs";
import type { RowGroup } from "hyparquet";
import { parquetMetadata } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DativoError } from "../../../../lib/contract/errors.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { parseType } from "../../../../lib/contract/types.ts";
import { mendStatistics } from "../../../../lib/formats/parquet/encode/mend-statistics.ts";
import type { ParquetEncoder } from "../../../../lib/formats/parquet/encode/parquet-encoder.ts";
import { loadWriterLibrary } from "../../../../lib/formats/parquet/encode/writer-library.ts";
import { parquetFormat } from "../../../../lib/formats/parquet/parquet-format.ts";
import type { EncodeSettings } from "../encode-table.ts";
import { decodeAll, encodeAll } from "./codec.ts";
import { Duck } from "./duck.ts";
import { record, sampleTable } from "./sample.ts";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => duck.close());

const NUMBERS = new Schema([{ name: "n", type: { kind: "integer" }, nullable: false }]);

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

async function write(schema: Schema, columns: readonly unknown[][], settings?: EncodeSettings): Promise<string> {
  const path = duck.path("written.parquet");
  writeFileSync(path, await encodeAll(schema, columns, settings));
  return path;
}

async function one(sql: string): Promise<unknown[]> {
  return (await duck.columns(sql)).map((column) => column[0]);
}

describe("names of columns", () => {
  const NAMES = [
    "__proto__",
    "toString",
    "a.b",
    "a",
    "b",
    "with space",
    'with "quotes"',
    "größe 🙂",
    "",
    "list",
    "element",
    "schema",
    "0",
  ];

  test("may be anything", async () => {
    const schema = new Schema(NAMES.map((name) => ({ name, type: { kind: "integer" }, nullable: true })));
    const columns = NAMES.map((_, i) => [i, null]);
    const bytes = await encodeAll(schema, columns);
    expect(await decodeAll(bytes)).toMatchObject({ columns });
    writeFileSync(duck.path("names.parquet"), bytes);
    // DuckDB calls a column without a name by its number, and reads all of them.
    expect(await duck.columns(`FROM '${duck.path("names.parquet")}'`)).toEqual(columns);
    expect((await duck.names(`FROM '${duck.path("names.parquet")}'`)).slice(0, 8)).toEqual(NAMES.slice(0, 8));
  });

  test("inside objects too", async () => {
    const names = NAMES.filter((name) => name !== "");
    const properties = names.map((name) => ({ name, type: parseType("integer"), nullable: true }));
    const schema = new Schema([{ name: "o", type: { kind: "object", properties }, nullable: true }]);
    const cell = Object.fromEntries(names.map((name, i) => [name, i]));
    const bytes = await encodeAll(schema, [[cell, {}, null]]);
    const { columns } = await decodeAll(bytes);
    const read = columns[0]?.[0] as Record<string, unknown>;
    expect(names.map((name) => [name, read[name]])).toEqual(names.map((name, i) => [name, i]));
    expect(Object.values(columns[0]?.[1] as object)).toEqual(names.map(() => null));
    writeFileSync(duck.path("names.parquet"), bytes);
    const members = names.map((name) => `o['${name}']`).join(", ");
    expect(await one(`SELECT ${members} FROM '${duck.path("names.parquet")}'`)).toEqual(upTo(names.length));
  });
});

describe("options", () => {
  test.each([
    ["zstd", "ZSTD"],
    ["snappy", "SNAPPY"],
    ["gzip", "GZIP"],
    ["none", "UNCOMPRESSED"],
    ["uncompressed", "UNCOMPRESSED"],
    [undefined, "ZSTD"],
  ])("compression %s is written as %s, and read back by DuckDB", async (compression, codec) => {
    const { schema, columns } = sampleTable(3000, true);
    const options = compression === undefined ? {} : { compression };
    const path = await write(schema, columns, { options });
    expect(await duck.columns(`SELECT DISTINCT compression FROM parquet_metadata('${path}')`)).toEqual([[codec]]);
    expect(await duck.columns(`FROM '${path}'`)).toEqual(columns);
    expect((await decodeAll(path)).columns).toEqual(columns);
  });

  test("a level changes the size and not the values", async () => {
    const columns = [upTo(10_000).map((i) => (i * 7919) % 1000)];
    for (const compression of ["zstd", "gzip"]) {
      const small = await encodeAll(NUMBERS, columns, { options: { compression, compression_level: 9 } });
      const large = await encodeAll(NUMBERS, columns, { options: { compression, compression_level: 1 } });
      expect(small.length).not.toBe(large.length);
      expect((await decodeAll(small)).columns).toEqual(columns);
      expect((await decodeAll(large)).columns).toEqual(columns);
    }
  });

  test("pages are cut at the page size", async () => {
    const columns = [upTo(10_000).map((i) => i * 1001)];
    const small = await encodeAll(NUMBERS, columns, { options: { page_size: 4096, compression: "none" } });
    const whole = await encodeAll(NUMBERS, columns, { options: { compression: "none" } });
    expect(small.length - whole.length).toBeGreaterThan(400);
    expect((await decodeAll(small)).columns).toEqual(columns);
    writeFileSync(duck.path("pages.parquet"), small);
    expect(await duck.columns(`FROM '${duck.path("pages.parquet")}'`)).toEqual(columns);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ compression: "lz4" }, "compression"],
    [{ compression: "snappy", compression_level: 3 }, "compression_level: has no meaning for snappy"],
    [{ compression: "gzip", compression_level: 10 }, "compression_level: is 1 to 9 for gzip"],
    [{ compression_level: 23 }, "compression_level"],
    [{ row_group_size: 0 }, "row_group_size"],
    [{ page_size: 1 }, "page_size"],
    [{ compresion: "zstd" }, "did you mean 'compression'?"],
  ])("%j is refused", (options, reason) => {
    const open = () => parquetFormat.encoder?.(options, { schema: NUMBERS, metadata: {} });
    expect(open).toThrow(DativoError);
    expect(open).toThrow(reason);
  });
});

describe("row groups", () => {
  async function groupSizes(settings: EncodeSettings, rows: number): Promise<unknown> {
    const path = await write(NUMBERS, [upTo(rows)], settings);
    expect(await duck.columns(`FROM '${path}'`)).toEqual([upTo(rows)]);
    return (await duck.columns(`SELECT row_group_num_rows FROM parquet_metadata('${path}') ORDER BY row_group_id`))[0];
  }

  test("have row_group_size records, whatever the batches", async () => {
    for (const batchRows of [1, 300, 999, 5000]) {
      expect(await groupSizes({ options: { row_group_size: 1000 }, batchRows }, 2500)).toEqual([1000, 1000, 500]);
    }
  });

  test("have 10,000 at most, and the encoder says so", async () => {
    expect(await groupSizes({ options: { row_group_size: 500_000 } }, 20_001)).toEqual([10_000, 10_000, 1]);
    const encoder = parquetFormat.encoder?.({ row_group_size: 500_000 }, { schema: NUMBERS, metadata: {} });
    expect((encoder as ParquetEncoder).notes).toEqual(["row_group_size 500000 is capped at 10000 to bound memory"]);
    const usual = parquetFormat.encoder?.({}, { schema: NUMBERS, metadata: {} });
    expect((usual as ParquetEncoder).notes).toEqual([]);
  });

  test("end early at a flush, which gives up what was held", async () => {
    const encoder = parquetFormat.encoder?.({}, { schema: NUMBERS, metadata: {} }) as ParquetEncoder;
    const batch = RowBatch.fromColumns(NUMBERS, [upTo(100)], 100);
    expect(encoder.bufferedBytes).toBe(0);
    expect(await encoder.encode(batch)).toEqual([]);
    expect(await encoder.encode(batch)).toEqual([]);
    expect(encoder.bufferedBytes).toBe(2 * batch.sizeBytes);
    const first = await encoder.flush();
    expect(first).toHaveLength(1);
    expect(encoder.bufferedBytes).toBe(0);
    expect(await encoder.flush()).toEqual([]);
    await encoder.encode(batch);
    const file = Buffer.concat([...first, ...(await encoder.end())]);
    expect((await decodeAll(file)).batches).toEqual([200, 100]);
  });

  test("hand their bytes out as soon as they are full", async () => {
    const encoder = parquetFormat.encoder?.(
      { row_group_size: 100 },
      { schema: NUMBERS, metadata: {} },
    ) as ParquetEncoder;
    const chunks = await encoder.encode(RowBatch.fromColumns(NUMBERS, [upTo(250)], 250));
    expect(chunks).toHaveLength(2);
    expect(Buffer.from(chunks[0] as Uint8Array).toString("latin1", 0, 4)).toBe("PAR1");
  });
});

describe("the footer", () => {
  test("says who wrote the file, and what was asked to be kept", async () => {
    const metadata = { "dativo.contract.name": "zips", ключ: "wért 🙂", empty: "" };
    const path = await write(NUMBERS, [[1]], { metadata });
    expect(await one(`SELECT created_by, num_rows FROM parquet_file_metadata('${path}')`)).toEqual([
      "dativo-ingest",
      1,
    ]);
    const pairs = await duck.columns(`SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}')`);
    expect(pairs).toEqual([Object.keys(metadata), Object.values(metadata)]);
  });

  test("may be longer than the first look at the end of a file", async () => {
    const file = await encodeAll(NUMBERS, [upTo(10)], { metadata: { long: "x".repeat(200_000) } });
    expect((await decodeAll(file)).columns).toEqual([upTo(10)]);
  });

  test("gives the types as other readers want them", async () => {
    const { schema, columns } = sampleTable(1, true);
    const path = await write(schema, columns);
    const rows = await duck.columns(
      `SELECT name, type, converted_type, logical_type FROM parquet_schema('${path}') WHERE name IN
        ('text', 'whole', 'price', 'rate', 'mass', 'day', 'clock', 'local', 'instant', 'tags', 'bytes')`,
    );
    const shown = Object.fromEntries(
      (rows[0] ?? []).map((name, i) => [name, rows.slice(1).map((column) => column[i])]),
    );
    expect(shown).toEqual({
      text: ["BYTE_ARRAY", "UTF8", "StringType()"],
      whole: ["INT64", null, null],
      price: ["INT32", "DECIMAL", "DecimalType(scale=2, precision=9)"],
      rate: ["INT64", "DECIMAL", "DecimalType(scale=4, precision=18)"],
      mass: ["FIXED_LEN_BYTE_ARRAY", "DECIMAL", "DecimalType(scale=9, precision=38)"],
      day: ["INT32", "DATE", "DateType()"],
      clock: ["INT64", null, expect.stringContaining("TimeType(isAdjustedToUTC=0")],
      local: ["INT64", null, expect.stringContaining("TimestampType(isAdjustedToUTC=0")],
      instant: ["INT64", "TIMESTAMP_MICROS", expect.stringContaining("TimestampType(isAdjustedToUTC=1")],
      tags: [null, "LIST", "ListType()"],
      bytes: ["BYTE_ARRAY", null, null],
    });
  });

  test("tells required fields from nullable ones", async () => {
    for (const nullable of [true, false]) {
      const path = await write(new Schema([{ name: "n", type: { kind: "integer" }, nullable }]), [[1]]);
      const [repetition] = await one(`SELECT repetition_type FROM parquet_schema('${path}') WHERE name = 'n'`);
      expect(repetition).toBe(nullable ? "OPTIONAL" : "REQUIRED");
    }
  });

  const bounds = (path: string): string =>
    `SELECT stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata('${path}')`;

  async function boundsOf(type: string, cells: unknown[], options = {}): Promise<unknown[]> {
    const path = await write(new Schema([{ name: "c", type: parseType(type), nullable: true }]), [cells], { options });
    return one(bounds(path));
  }

  test("keeps least, greatest and count of nulls", async () => {
    expect(await boundsOf("integer", [3, null, -5, 2n ** 62n])).toEqual(["-5", String(2n ** 62n), 1]);
    expect(await boundsOf("double", [1.5, Number.NaN, -2.5])).toEqual(["-2.5", "1.5", 0]);
    expect(await boundsOf("decimal(38,2)", ["1.50", "-99.99", null])).toEqual(["-99.99", "1.50", 1]);
    expect(await boundsOf("decimal(18,2)", ["1.50", "-99.99", null])).toEqual(["-99.99", "1.50", 1]);
    expect(await boundsOf("decimal(38,2)", [null])).toEqual([null, null, 1]);
    expect(await boundsOf("date", ["1960-01-01", "2020-01-01"])).toEqual(["1960-01-01", "2020-01-01", 0]);
    expect(await boundsOf("string", ["b", "a", null, "c"])).toEqual(["a", "c", 1]);
    expect(await boundsOf("integer", [1], { statistics: false })).toEqual([null, null, null]);
  });

  test("keeps them of the members of objects", async () => {
    const properties = [
      { name: "wide", type: parseType("decimal(20,1)"), nullable: true },
      { name: "text", type: parseType("string"), nullable: true },
    ];
    const schema = new Schema([{ name: "o", type: { kind: "object", properties }, nullable: true }]);
    const path = await write(schema, [[record({ wide: "-1.0", text: "b" }), null, record({ wide: "2.5", text: "a" })]]);
    expect(await duck.columns(bounds(path))).toEqual([
      ["-1.0", "a"],
      ["2.5", "b"],
      [1, 1],
    ]);
  });

  test("cuts long text such that the bounds still hold", async () => {
    const long = "m".repeat(100_000);
    const [least, greatest] = await boundsOf("string", [`${long}1`, `${long}2`]);
    expect([least, greatest]).toEqual(["m".repeat(16), `${"m".repeat(15)}n`]);
  });

  test("says which bounds are cut", async () => {
    const schema = new Schema([{ name: "c", type: parseType("string"), nullable: false }]);
    for (const [text, flag] of [
      ["m".repeat(17), false],
      ["m".repeat(16), undefined],
    ] as const) {
      const { row_groups } = parquetMetadata(new Uint8Array(await encodeAll(schema, [[text]])));
      const statistics = row_groups[0]?.columns[0]?.meta_data?.statistics;
      expect(statistics?.is_min_value_exact).toBe(flag);
      expect(statistics?.is_max_value_exact).toBe(flag);
    }
  });

  test("does not keep long text alive until it is written", async () => {
    const library = await loadWriterLibrary({ compression: "none" });
    const statistics = { min_value: "a".repeat(1000), max_value: "b".repeat(1000), null_count: 0n };
    const meta_data = { path_in_schema: ["c"], statistics };
    const group = { columns: [{ meta_data }] } as unknown as RowGroup;
    mendStatistics(group, [{ name: "c", type: "BYTE_ARRAY", converted_type: "UTF8" }], new Map(), library);
    expect(statistics.min_value).toEqual(new Uint8Array(Buffer.from("a".repeat(16))));
    expect(statistics.max_value).toEqual(new Uint8Array(Buffer.from(`${"b".repeat(15)}c`)));
  });

  test("keeps no bounds of JSON, only its count of nulls", async () => {
    expect(await boundsOf("object", [record({ a: 1 }), null, record({ b: 2 })])).toEqual([null, null, 1]);
  });

  test("lets DuckDB leave out row groups without losing a record", async () => {
    const cells = upTo(5000).map((i) => `k${String(i % 2500).padStart(5, "0")}`);
    const schema = new Schema([{ name: "k", type: parseType("string"), nullable: false }]);
    const path = await write(schema, [cells], { options: { row_group_size: 100 } });
    expect(await one(`SELECT count(*) FROM '${path}' WHERE k = 'k01234'`)).toEqual([2]);
    const numbers = await write(NUMBERS, [upTo(5000)], { options: { row_group_size: 100 } });
    expect(await one(`SELECT count(*) FROM '${numbers}' WHERE n BETWEEN 950 AND 1049`)).toEqual([100]);
  });

  test("of a file without records lists its row groups as a list of structs", async () => {
    const file = await encodeAll(NUMBERS, [[]]);
    const { batches, schema } = await decodeAll(file);
    expect(batches).toEqual([0]);
    expect(schema.toString()).toBe(NUMBERS.toString());
    // Field 3, no records, as zigzag; field 4, a list of 0 elements of type 12.
    expect(file.toString("latin1")).toContain("\x16\x00\x19\x0c");
  });
});

describe("free-form values", () => {
  const schema = new Schema([
    { name: "any", type: { kind: "object" }, nullable: true },
    { name: "some", type: { kind: "array" }, nullable: false },
  ]);

  test("are JSON, with all their digits", async () => {
    const columns = [
      [record({ a: [1, "ü", null], b: { c: 2n ** 63n } }), record({}), null],
      [[1, [2]], [], [{ x: true }]],
    ];
    const path = await write(schema, columns);
    expect(await duck.columns(`SELECT "any"::VARCHAR, "some"::VARCHAR FROM '${path}'`)).toEqual([
      ['{"a":[1,"ü",null],"b":{"c":9223372036854775808}}', "{}", null],
      ["[1,[2]]", "[]", '[{"x":true}]'],
    ]);
    const read = await decodeAll(path);
    expect(read.schema.toString()).toBe('"any" object, "some" object not null');
    expect(read.columns).toEqual(columns);
  });

  test.each<[string, unknown]>([
    ["NaN", { x: Number.NaN }],
    ["bytes", { x: new Uint8Array(2) }],
    ["a date", [new Date(0)]],
    ["a function", { f: () => 1 }],
    ["a hole", [undefined]],
  ])("that JSON would change in silence are refused: %s", async (_, cell) => {
    const free = new Schema([{ name: "any", type: { kind: "object" }, nullable: true }]);
    await expect(encodeAll(free, [[cell]])).rejects.toMatchObject({ code: "DTV_VALUE_UNFIT", culprit: "any" });
  });
});

describe("what is refused", () => {
  test("a schema without fields, and an object without properties", () => {
    expect(() => parquetFormat.encoder?.({}, { schema: new Schema([]), metadata: {} })).toThrow("at least one field");
    const empty = { kind: "object", properties: [] } as const;
    const reason = "an object without properties has no place in a Parquet file";
    expect(parquetFormat.refuses?.({ name: "o", type: empty, nullable: true })).toBe(reason);
    expect(parquetFormat.refuses?.({ name: "o", type: { kind: "array", items: empty }, nullable: true })).toBe(reason);
    expect(parquetFormat.refuses?.({ name: "o", type: { kind: "object" }, nullable: true })).toBeUndefined();
  });

  test("names that UTF-8 cannot hold", () => {
    const reason = "its name holds half of a surrogate pair, which UTF-8 cannot hold";
    const integer = parseType("integer");
    expect(parquetFormat.refuses?.({ name: "a\ud800", type: integer, nullable: true })).toBe(reason);
    const properties = [{ name: "\udc00", type: integer, nullable: true }];
    expect(parquetFormat.refuses?.({ name: "o", type: { kind: "object", properties }, nullable: true })).toBe(reason);
    expect(parquetFormat.refuses?.({ name: "größe 🙂", type: integer, nullable: true })).toBeUndefined();
  });

  test("batches of another schema", async () => {
    const encoder = parquetFormat.encoder?.({}, { schema: NUMBERS, metadata: {} }) as ParquetEncoder;
    const other = new Schema([{ name: "m", type: { kind: "integer" }, nullable: false }]);
    await expect(encoder.encode(RowBatch.fromColumns(other, [[1]], 1))).rejects.toMatchObject({
      code: "DTV_SCHEMA_CHANGED",
    });
    const same = new Schema([{ name: "n", type: { kind: "integer" }, nullable: false }]);
    expect(await encoder.encode(RowBatch.fromColumns(same, [[1]], 1))).toEqual([]);
  });
});
