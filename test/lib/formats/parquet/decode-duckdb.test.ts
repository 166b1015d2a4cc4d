import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Schema } from "../../../../lib/contract/schema.ts";
import { bytesOf, decodeAll, decodeBatches, encodeAll } from "./codec.ts";
import { Duck } from "./duck.ts";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => duck.close());

/** Name, what DuckDB writes, our type of it, and how DuckDB says the same that we do (where not simply by name). */
const COLUMNS: readonly (readonly [name: string, sql: string, type: string, expected?: string])[] = [
  ["tiny", "(i % 256 - 128)::TINYINT", "integer"],
  ["small", "(i - 32768)::SMALLINT", "integer"],
  ["medium", "(i * 7919 - 2147483648)::INTEGER", "integer"],
  [
    "big",
    "CASE i % 4 WHEN 0 THEN 9223372036854775807 - i WHEN 1 THEN -9223372036854775808 + i WHEN 2 THEN 9007199254740993 ELSE i END",
    "integer",
  ],
  ["utiny", "(i % 256)::UTINYINT", "integer"],
  ["usmall", "(i % 65536)::USMALLINT", "integer"],
  ["umedium", "(4294967295 - i)::UINTEGER", "integer"],
  ["ubig", "(18446744073709551615 - i)::UBIGINT", "decimal(20,0)", "ubig::DECIMAL(20,0)"],
  ["float", "CASE i % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN 'inf' ELSE i / 3 END::FLOAT", "double"],
  ["double", "CASE i % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN '-inf' ELSE i / 3 END::DOUBLE", "double"],
  ["flag", "i % 3 = 0", "boolean"],
  ["d4", "(i % 9999 / 10)::DECIMAL(4,1)", "decimal(4,1)"],
  ["d9", "(-i / 100)::DECIMAL(9,2)", "decimal(9,2)"],
  ["d18", "(i * 99999999 / 10000)::DECIMAL(18,4)", "decimal(18,4)"],
  ["d38", "(99999999999999999999999999999.999999999::DECIMAL(38,9) - i)", "decimal(38,9)"],
  ["text", "CASE WHEN i % 11 = 0 THEN '' ELSE 'größer ' || i || ' 🙂' END", "string"],
  ["colour", "['red', 'green', 'blue'][i % 3 + 1]", "string"],
  ["kind", "(['x', 'y'][i % 2 + 1])::ENUM('x', 'y')", "string"],
  ["bytes", "('\\xFF\\x00' || i)::BLOB", "binary"],
  ["day", "DATE '1890-03-01' + (i % 100000)::INTEGER", "date"],
  ["clock", "TIME '00:00:00' + INTERVAL (i * 7919 % 86399999999) MICROSECOND", "time"],
  ["at", "TIMESTAMP '1905-01-02 03:04:05.000006' + INTERVAL (i * 104729) MICROSECOND", "timestamp"],
  ["at_ns", "(TIMESTAMP '1905-01-02 03:04:05.000006' + INTERVAL (i * 104729) MICROSECOND)::TIMESTAMP_NS", "timestamp"],
  [
    "at_ms",
    "(TIMESTAMP '1905-01-02 03:04:05' + INTERVAL (i) MILLISECOND)::TIMESTAMP_MS",
    "timestamp",
    "at_ms::TIMESTAMP",
  ],
  ["at_tz", "TIMESTAMPTZ '1905-01-02 03:04:05.000006+00' + INTERVAL (i * 104729) MICROSECOND", "timestamptz"],
  ["id", "md5(i::VARCHAR)::UUID", "string", "id::VARCHAR"],
  ["list", "CASE i % 4 WHEN 0 THEN [] WHEN 1 THEN [NULL] ELSE [i, NULL, -i] END::BIGINT[]", "array<integer>"],
  ["lists", "[[i::VARCHAR], [], NULL, [NULL, 'a' || i]::VARCHAR[]]::VARCHAR[][]", "array<array<string>>"],
  [
    "pair",
    "CASE WHEN i % 4 = 0 THEN NULL ELSE {'a': i, 'b': {'c': CASE WHEN i % 3 = 0 THEN NULL ELSE 'x' END}} END",
    "object{a: integer, b: object{c: string}}",
  ],
  [
    "map",
    "CASE WHEN i % 4 = 0 THEN MAP {} ELSE MAP {'k' || i: i, 'l': NULL} END",
    "array<object{key: string not null, value: integer}>",
  ],
  ["groups", "[{'x': i, 'y': [1, i]}, NULL, {'x': NULL, 'y': NULL}]", "array<object{x: integer, y: array<integer>}>"],
];

const SELECT = COLUMNS.map(([name, sql]) => `(${sql}) AS "${name}"`).join(", ");
const EXPECTED = COLUMNS.map(([name, , , expected]) => expected ?? `"${name}"`).join(", ");

async function compare(rows: number, options: string): Promise<number[]> {
  const path = duck.path("duck.parquet");
  await duck.run(`COPY (SELECT ${SELECT} FROM range(${rows}) r(i)) TO '${path}' (FORMAT parquet, ${options})`);
  const { schema, columns, batches } = await decodeAll(path);
  const expected = await duck.columns(`SELECT ${EXPECTED} FROM '${path}'`);
  expect(schema.toString()).toBe(COLUMNS.map(([name, , type]) => `"${name}" ${type}`).join(", "));
  for (const [i, [name]] of COLUMNS.entries()) expect([name, columns[i] ?? []]).toEqual([name, expected[i] ?? []]);
  return batches;
}

describe("files that DuckDB wrote, all types", () => {
  for (const codec of ["zstd", "snappy", "gzip", "brotli", "lz4_raw", "uncompressed"]) {
    for (const version of ["V1", "V2"]) {
      test(`${codec}, ${version}`, async () => {
        await compare(3000, `CODEC '${codec}', PARQUET_VERSION ${version}, ROW_GROUP_SIZE 2048`);
      });
    }
  }

  for (const rows of [0, 1, 2047, 2048, 2049]) {
    test(`${rows} records`, async () => {
      const batches = await compare(rows, "CODEC 'zstd'");
      expect(batches.reduce((sum, each) => sum + each, 0)).toBe(rows);
      if (rows === 0) expect(batches).toEqual([0]);
    });
  }

  test("several row groups, none of whose records share a batch", async () => {
    const batches = await compare(5000, "CODEC 'snappy', ROW_GROUP_SIZE 2048");
    expect(batches).toEqual([2000, 48, 2000, 48, 904]);
  });

  test("JSON is a free-form object", async () => {
    const path = duck.path("json.parquet");
    await duck.run(`COPY (SELECT json('{"a":[1,2.5],"b":null}') AS j) TO '${path}' (FORMAT parquet)`);
    const { schema, columns } = await decodeAll(path);
    expect(schema.toString()).toBe('"j" object');
    expect(columns).toEqual([[{ a: [1, 2.5], b: null }]]);
  });

  test("an INTERVAL is refused by name, and can be left out", async () => {
    const path = duck.path("interval.parquet");
    await duck.run(`COPY (SELECT INTERVAL 3 DAY AS gap, 7 AS n) TO '${path}' (FORMAT parquet)`);
    await expect(decodeAll(path)).rejects.toThrow(
      "its column 'gap' is INTERVAL in FIXED_LEN_BYTE_ARRAY, which is not read",
    );
    expect((await decodeAll(path, { columns: ["n"] })).columns).toEqual([[7]]);
  });

  test("nanoseconds that are no whole microseconds are refused with their record", async () => {
    const path = duck.path("nanos.parquet");
    await duck.run(`COPY (SELECT make_timestamp_ns(1000 * 1000 * i + CASE i WHEN 2500 THEN 1 ELSE 0 END) AS at
      FROM range(3000) r(i)) TO '${path}' (FORMAT parquet)`);
    await expect(decodeAll(path)).rejects.toMatchObject({
      code: "DTV_VALUE_UNFIT",
      culprit: "at",
      message: "test.parquet, record 2501: the value of column 'at' is finer than a microsecond",
    });
  });

  test("infinite dates are refused with their record", async () => {
    const path = duck.path("infinity.parquet");
    await duck.run(`COPY (SELECT 'infinity'::DATE AS day) TO '${path}' (FORMAT parquet)`);
    await expect(decodeAll(path)).rejects.toThrow(
      "record 1: the value of column 'day' is outside the years 0001 to 9999",
    );
  });
});

describe("the option `columns`", () => {
  async function path(): Promise<string> {
    const file = duck.path("columns.parquet");
    await duck.run(
      `COPY (SELECT i AS id, 'n' || i AS name, {'x': i} AS "a.b" FROM range(10) r(i)) TO '${file}' (FORMAT parquet)`,
    );
    return file;
  }

  test("reads some columns, in the order asked", async () => {
    const { schema, columns } = await decodeAll(await path(), { columns: ["a.b", "id"] });
    expect(schema.names).toEqual(["a.b", "id"]);
    expect(columns[1]).toEqual(Array.from({ length: 10 }, (_, i) => i));
    expect(columns[0]?.[3]).toEqual({ x: 3 });
  });

  test("does not fetch the others, nor what lies between", async () => {
    const file = duck.path("wide.parquet");
    await duck.run(`COPY (SELECT i AS id, hash(i)::VARCHAR AS a, hash(-i)::VARCHAR AS b, -i AS z FROM range(100000) r(i))
      TO '${file}' (FORMAT parquet, CODEC 'uncompressed')`);
    const all = await bytesRead(file, {});
    expect(await bytesRead(file, { columns: ["id"] })).toBeLessThan(all / 3);
    expect(await bytesRead(file, { columns: ["z", "id"] })).toBeLessThan(all / 2);
  });

  test("says what was meant by a name that is not there", async () => {
    await expect(decodeAll(await path(), { columns: ["nam"] })).rejects.toMatchObject({
      code: "DTV_OPTION_INVALID",
      message: "test.parquet has no column 'nam'; did you mean 'name'?",
      hint: "Its columns are id, name, a.b.",
    });
  });

  test("names each column once, and at least one", async () => {
    const file = await path();
    await expect(decodeAll(file, { columns: ["id", "id"] })).rejects.toThrow("names a column twice");
    await expect(decodeAll(file, { columns: [] })).rejects.toMatchObject({ code: "DTV_OPTION_INVALID" });
    await expect(decodeAll(file, { colums: ["id"] })).rejects.toThrow("did you mean 'columns'?");
  });
});

describe("batches", () => {
  test("have at most as many records as asked for, and know their records", async () => {
    const file = duck.path("batches.parquet");
    await duck.run(`COPY (SELECT i AS id FROM range(25) r(i)) TO '${file}' (FORMAT parquet)`);
    const { batches, rowNumbers } = await rowsOf(file, 10);
    expect(batches).toEqual([10, 10, 5]);
    expect(rowNumbers).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });
});

describe("bytes", () => {
  const names = ["a", "b", "c", "d"];
  const schema = new Schema(names.map((name) => ({ name, type: { kind: "string" }, nullable: false })));

  /** Reads of a file of one row group, `length` bytes in each of 12,000 cells. */
  async function readsOfCells(length: number): Promise<Read[]> {
    const cells = Array.from({ length: 3000 }, (_, i) => String(i).padEnd(length, "x"));
    return readsOf(
      await encodeAll(
        schema,
        names.map(() => cells),
        { options: { compression: "none" } },
      ),
    );
  }

  test("of a small row group are fetched at once", async () => {
    // The end of the file, the magic number at its beginning, the row group.
    expect(await readsOfCells(50)).toHaveLength(3);
  });

  test("of a large row group are fetched a window at a time", async () => {
    const reads = await readsOfCells(4000);
    expect(Math.max(...reads.map(({ length }) => length))).toBe(4 * 1024 * 1024);
    expect(reads.length).toBeLessThan(24);
  });
});

interface Read {
  readonly offset: number;
  readonly length: number;
}

async function bytesRead(path: string, options: Record<string, unknown>): Promise<number> {
  return (await readsOf(readFileSync(path), options)).reduce((sum, { length }) => sum + length, 0);
}

/** What is asked of the storage while a file is read. */
async function readsOf(content: Uint8Array, options: Record<string, unknown> = {}): Promise<Read[]> {
  const file = bytesOf(content);
  const reads: Read[] = [];
  const counted = {
    sizeBytes: file.sizeBytes,
    read: (offset: number, length: number) => {
      reads.push({ offset, length });
      return file.read(offset, length);
    },
  };
  for await (const batch of decodeBatches(counted, options)) expect(batch.length).toBeGreaterThan(0);
  return reads;
}

async function rowsOf(path: string, batchRows: number): Promise<{ batches: number[]; rowNumbers: number[] }> {
  const batches: number[] = [];
  const rowNumbers: number[] = [];
  for await (const batch of decodeBatches(bytesOf(readFileSync(path)), {}, batchRows)) {
    batches.push(batch.length);
    expect(batch.provenance?.source).toBe("test.parquet");
    for (let i = 0; i < batch.length; i++) rowNumbers.push(batch.provenance?.rowAt(i) ?? 0);
  }
  return { batches, rowNumbers };
}
