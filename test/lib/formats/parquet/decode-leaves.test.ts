import type { LogicalType, SchemaElement } from "hyparquet";
import { describe, expect, test } from "vitest";
import type { DativoError } from "../../../../lib/contract/errors.ts";
import { formatType } from "../../../../lib/contract/types.ts";
import { logicalTypeOf } from "../../../../lib/formats/parquet/decode/logical-type.ts";
import { decodeAll } from "./codec.ts";
import { byteArrays, forgeFile, forgePlain, int32s, int64s, pageV1 } from "./forge.ts";

type Element = Omit<SchemaElement, "name">;

const INT32: Element = { type: "INT32" };
const INT64: Element = { type: "INT64" };
const TEXT: Element = { type: "BYTE_ARRAY", converted_type: "UTF8" };

async function readOne(element: Element, values: Buffer, count: number): Promise<[string, unknown[]]> {
  const { schema, columns } = await decodeAll(forgePlain(element, values, count));
  return [formatType(schema.fields[0]?.type as never), columns[0] as unknown[]];
}

async function failure(element: Element, values: Buffer, count: number): Promise<DativoError> {
  return (await decodeAll(forgePlain(element, values, count)).then(
    () => new Error("it was read"),
    (error: unknown) => error,
  )) as DativoError;
}

function stamp(unit: "MILLIS" | "MICROS" | "NANOS", zoned: boolean): Element {
  return { ...INT64, logical_type: { type: "TIMESTAMP", isAdjustedToUTC: zoned, unit } };
}

function time(unit: "MILLIS" | "MICROS" | "NANOS"): Element {
  const logical_type = { type: "TIME", isAdjustedToUTC: true, unit } as const;
  return { type: unit === "MILLIS" ? "INT32" : "INT64", logical_type };
}

function decimal(base: Element, precision: number, scale: number): Element {
  return { ...base, converted_type: "DECIMAL", precision, scale };
}

function int96(nanos: bigint, julianDay: number): Buffer {
  return Buffer.concat([int64s(nanos), int32s(julianDay)]);
}

describe("whole numbers", () => {
  test("of 64 bits are numbers up to 2^53 and bigints beyond", async () => {
    const edge = 2n ** 53n;
    const values = [0n, -1n, edge - 1n, edge, edge + 1n, -edge + 1n, -edge, 2n ** 63n - 1n, -(2n ** 63n)];
    const [type, cells] = await readOne(INT64, int64s(...values), values.length);
    expect(type).toBe("integer");
    expect(cells).toEqual([
      0,
      -1,
      Number.MAX_SAFE_INTEGER,
      edge,
      edge + 1n,
      Number.MIN_SAFE_INTEGER,
      -edge,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ]);
  });

  test("of 8 to 32 bits, signed and not", async () => {
    for (const converted_type of ["INT_8", "INT_16", "INT_32"] as const) {
      expect(await readOne({ ...INT32, converted_type }, int32s(-128, 127), 2)).toEqual(["integer", [-128, 127]]);
    }
    for (const converted_type of ["UINT_8", "UINT_16", "UINT_32"] as const) {
      expect(await readOne({ ...INT32, converted_type }, int32s(255, 0), 2)).toEqual(["integer", [255, 0]]);
    }
    const uint32: Element = { ...INT32, logical_type: { type: "INTEGER", bitWidth: 32, isSigned: false } };
    expect(await readOne(uint32, int32s(-1, -(2 ** 31)), 2)).toEqual(["integer", [2 ** 32 - 1, 2 ** 31]]);
  });

  test("of 64 bits without sign are decimal(20,0), since no signed one holds them all", async () => {
    const expected = ["18446744073709551615", "9223372036854775808", "7"];
    const values = int64s(-1n, -(2n ** 63n), 7n);
    expect(await readOne({ ...INT64, converted_type: "UINT_64" }, values, 3)).toEqual(["decimal(20,0)", expected]);
  });
});

describe("floating point", () => {
  test("of 32 bits is the very same value in 64", async () => {
    const values = [Math.fround(0.1), -0, Number.NaN, Infinity, -Infinity, 2 ** -149];
    const bytes = Buffer.from(Float32Array.from(values).buffer);
    expect(await readOne({ type: "FLOAT" }, bytes, values.length)).toEqual(["double", values]);
  });

  test("of 64 bits", async () => {
    const values = [0.1, -0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE];
    const bytes = Buffer.from(Float64Array.from(values).buffer);
    expect(await readOne({ type: "DOUBLE" }, bytes, values.length)).toEqual(["double", values]);
  });

  test("of 16 bits", async () => {
    const bits = [0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00, 0xfc00, 0x7e00, 0x3555];
    const values = [0, -0, 1, -2, 65504, 2 ** -24, 2 ** -14, Infinity, -Infinity, Number.NaN, 0.333251953125];
    const element: Element = { type: "FIXED_LEN_BYTE_ARRAY", type_length: 2, logical_type: { type: "FLOAT16" } };
    expect(await readOne(element, Buffer.from(Uint16Array.from(bits).buffer), bits.length)).toEqual(["double", values]);
  });
});

describe("decimals", () => {
  test("in 32 and 64 bits", async () => {
    expect(await readOne(decimal(INT32, 9, 2), int32s(0, 5, -5, 999999999, -123), 5)).toEqual([
      "decimal(9,2)",
      ["0.00", "0.05", "-0.05", "9999999.99", "-1.23"],
    ]);
    expect(await readOne(decimal(INT32, 4, 0), int32s(0, -42), 2)).toEqual(["decimal(4,0)", ["0", "-42"]]);
    const wide = int64s(10n ** 18n - 1n, -(10n ** 18n) + 1n, 1n, -(2n ** 53n) - 1n);
    expect(await readOne(decimal(INT64, 18, 4), wide, 4)).toEqual([
      "decimal(18,4)",
      ["99999999999999.9999", "-99999999999999.9999", "0.0001", "-900719925474.0993"],
    ]);
  });

  test("in bytes of any length, big end first", async () => {
    const fixed = (length: number): Element => decimal({ type: "FIXED_LEN_BYTE_ARRAY", type_length: length }, 38, 2);
    expect(await readOne(fixed(2), Buffer.from("ff85007b", "hex"), 2)).toEqual(["decimal(38,2)", ["-1.23", "1.23"]]);
    expect(await readOne(fixed(7), Buffer.from("ffffffffffff85", "hex"), 1)).toEqual(["decimal(38,2)", ["-1.23"]]);
    const most = 10n ** 38n - 1n;
    const bytes = Buffer.from(most.toString(16).padStart(32, "0"), "hex");
    expect(await readOne(fixed(16), bytes, 1)).toEqual(["decimal(38,2)", [`${"9".repeat(36)}.99`]]);
    expect(await readOne(fixed(16), Buffer.alloc(16, 0xff), 1)).toEqual(["decimal(38,2)", ["-0.01"]]);
    expect(await readOne(fixed(20), Buffer.alloc(20, 0xff), 1)).toEqual(["decimal(38,2)", ["-0.01"]]);
    const varied = byteArrays(Buffer.from("7b", "hex"), Buffer.from("ff85", "hex"), Buffer.alloc(0));
    const expected = ["decimal(5,2)", ["1.23", "-1.23", "0.00"]];
    expect(await readOne(decimal({ type: "BYTE_ARRAY" }, 5, 2), varied, 3)).toEqual(expected);
  });

  test("with more digits than their type says are refused with their record", async () => {
    const error = await failure(decimal(INT32, 3, 1), int32s(999, 1000), 2);
    expect(error.code).toBe("DTV_VALUE_UNFIT");
    expect(error.message).toBe(
      "test.parquet, record 2: the value of column 'c' has more than the 3 digits of decimal(3,1)",
    );
    const large = await failure(decimal(INT64, 17, 0), int64s(10n ** 17n), 1);
    expect(large.message).toContain("more than the 17 digits");
  });

  test("of more than 38 digits are refused by name", async () => {
    const error = await failure(decimal({ type: "FIXED_LEN_BYTE_ARRAY", type_length: 32 }, 76, 2), Buffer.alloc(32), 1);
    expect(error.code).toBe("DTV_PARQUET_INVALID");
    expect(error.message).toContain("its column 'c' is decimal(76,2) in FIXED_LEN_BYTE_ARRAY, which is not read");
  });
});

describe("dates and times", () => {
  test("dates", async () => {
    const days = int32s(0, -1, -719162, 2932896);
    const expected = ["date", ["1970-01-01", "1969-12-31", "0001-01-01", "9999-12-31"]];
    expect(await readOne({ ...INT32, converted_type: "DATE" }, days, 4)).toEqual(expected);
  });

  test("timestamps of each unit", async () => {
    expect(await readOne(stamp("MILLIS", true), int64s(0n, -1n), 2)).toEqual([
      "timestamptz",
      ["1970-01-01T00:00:00.000000Z", "1969-12-31T23:59:59.999000Z"],
    ]);
    const far = 253402300799999999n;
    expect(await readOne(stamp("MICROS", false), int64s(0n, -1n, far, -62135596800000000n), 4)).toEqual([
      "timestamp",
      [
        "1970-01-01T00:00:00.000000",
        "1969-12-31T23:59:59.999999",
        "9999-12-31T23:59:59.999999",
        "0001-01-01T00:00:00.000000",
      ],
    ]);
    expect(await readOne(stamp("NANOS", false), int64s(-1000n, 9223372036854775000n), 2)).toEqual([
      "timestamp",
      ["1969-12-31T23:59:59.999999", "2262-04-11T23:47:16.854775"],
    ]);
  });

  test("old spellings are in UTC", async () => {
    for (const [converted_type, value] of [
      ["TIMESTAMP_MILLIS", 1000n],
      ["TIMESTAMP_MICROS", 1_000_000n],
    ] as const) {
      const expected = ["timestamptz", ["1970-01-01T00:00:01.000000Z"]];
      expect(await readOne({ ...INT64, converted_type }, int64s(value), 1)).toEqual(expected);
    }
  });

  test("INT96, to the last microsecond", async () => {
    const nanosOfDay = (4n * 3600n + 5n * 60n + 6n) * 1_000_000_000n + 7_000n;
    const values = Buffer.concat([int96(nanosOfDay, 2451944), int96(0n, 2440588), int96(86_399_999_999_000n, 2440587)]);
    expect(await readOne({ type: "INT96" }, values, 3)).toEqual([
      "timestamp",
      ["2001-02-03T04:05:06.000007", "1970-01-01T00:00:00.000000", "1969-12-31T23:59:59.999999"],
    ]);
  });

  test("times of each unit", async () => {
    const expected = ["time", ["00:00:00.000000", "23:59:59.999000"]];
    expect(await readOne(time("MILLIS"), int32s(0, 86_399_999), 2)).toEqual(expected);
    expect(await readOne(time("MICROS"), int64s(0n, 86_399_999_000n), 2)).toEqual(expected);
    expect(await readOne(time("NANOS"), int64s(0n, 86_399_999_000_000n), 2)).toEqual(expected);
    expect(await readOne({ ...INT32, converted_type: "TIME_MILLIS" }, int32s(0, 86_399_999), 2)).toEqual(expected);
    const old: Element = { ...INT64, converted_type: "TIME_MICROS" };
    expect(await readOne(old, int64s(0n, 86_399_999_000n), 2)).toEqual(expected);
  });

  test.each<[string, Element, Buffer, string]>([
    ["nanoseconds", stamp("NANOS", true), int64s(1000n, 1001n), "is finer than a microsecond"],
    [
      "nanoseconds of INT96",
      { type: "INT96" },
      Buffer.concat([int96(0n, 2440588), int96(1n, 2440588)]),
      "is finer than a microsecond",
    ],
    ["nanoseconds of the day", time("NANOS"), int64s(0n, -1n), "is finer than a microsecond"],
    ["the year 10000", stamp("MICROS", true), int64s(0n, 253402300800000000n), "is outside the years 0001 to 9999"],
    ["the year 10000 in ms", stamp("MILLIS", true), int64s(0n, 253402300800000n), "is outside the years 0001 to 9999"],
    ["the end of time", stamp("MILLIS", true), int64s(0n, 2n ** 63n - 1n), "is outside the years 0001 to 9999"],
    ["the year 0", { ...INT32, converted_type: "DATE" }, int32s(0, -719163), "is outside the years 0001 to 9999"],
    ["24:00", time("MICROS"), int64s(0n, 86_400_000_000n), "is not a time of day from 00:00 up to 24:00"],
    ["a negative time", time("MILLIS"), int32s(0, -1), "is not a time of day from 00:00 up to 24:00"],
  ])("%s have no text, and the error says where they are", async (_, element, values, reason) => {
    const error = await failure(element, values, 2);
    expect(error.code).toBe("DTV_VALUE_UNFIT");
    expect(error.message).toBe(`test.parquet, record 2: the value of column 'c' ${reason}`);
    expect(error.details).toEqual({ column: "c", row: 2 });
  });
});

describe("bytes", () => {
  test("text, also as ENUM", async () => {
    const values = byteArrays("", "Zürich", "🙂", "\ufeffmark", "\ufffd");
    const expected = ["string", ["", "Zürich", "🙂", "\ufeffmark", "\ufffd"]];
    expect(await readOne(TEXT, values, 5)).toEqual(expected);
    expect(await readOne({ type: "BYTE_ARRAY", logical_type: { type: "STRING" } }, values, 5)).toEqual(expected);
    expect(await readOne({ type: "BYTE_ARRAY", converted_type: "ENUM" }, values, 5)).toEqual(expected);
  });

  test("that are no UTF-8 are not turned into other text", async () => {
    const error = await failure(TEXT, byteArrays("ok", Buffer.from("Z\xfcrich", "latin1")), 2);
    expect(error.code).toBe("DTV_VALUE_UNFIT");
    expect(error.message).toContain("record 2: the value of column 'c' is not UTF-8 text");
  });

  test("without a logical type, BSON and geometries are binary", async () => {
    const bytes = [Buffer.from([1, 2]), Buffer.alloc(0)];
    const expected = ["binary", bytes.map((each) => new Uint8Array(each))];
    const elements: Element[] = [
      {},
      { converted_type: "BSON" },
      { logical_type: { type: "GEOMETRY" } },
      { logical_type: { type: "GEOGRAPHY" } },
    ];
    for (const element of elements) {
      expect(await readOne({ type: "BYTE_ARRAY", ...element }, byteArrays(...bytes), 2)).toEqual(expected);
    }
    const fixed: Element = { type: "FIXED_LEN_BYTE_ARRAY", type_length: 3 };
    expect(await readOne(fixed, Buffer.from([1, 2, 3]), 1)).toEqual(["binary", [new Uint8Array([1, 2, 3])]]);
  });

  test("JSON is a free-form object, exact", async () => {
    const element: Element = { type: "BYTE_ARRAY", converted_type: "JSON" };
    const values = byteArrays('{"a":[1,null]}', "[9007199254740993]", '"text"', "-1.5");
    expect(await readOne(element, values, 4)).toEqual([
      "object",
      [{ a: [1, null] }, [9007199254740993n], "text", -1.5],
    ]);
    expect((await failure(element, byteArrays("{}", "{"), 2)).message).toContain(
      "record 2: the value of column 'c' is not JSON",
    );
    expect((await failure(element, byteArrays("null"), 1)).message).toContain(
      "is a JSON null in a column without nulls",
    );
  });

  test("UUIDs are text", async () => {
    const element: Element = { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" } };
    const bytes = Buffer.from("00112233445566778899aabbccddeeff", "hex");
    expect(await readOne(element, bytes, 1)).toEqual(["string", ["00112233-4455-6677-8899-aabbccddeeff"]]);
  });

  test("booleans", async () => {
    const expected = [true, false, true, true, false, false, false, false, true];
    expect(await readOne({ type: "BOOLEAN" }, Buffer.from([0b0000_1101, 1]), 9)).toEqual(["boolean", expected]);
  });
});

test("a logical type from the future is passed over for what older readers go by", () => {
  const unknown = { field_99: {} } as unknown as LogicalType;
  const element: SchemaElement = { name: "c", type: "BYTE_ARRAY", logical_type: unknown };
  expect(logicalTypeOf({ ...element, converted_type: "UTF8" })).toEqual({ type: "STRING" });
  expect(logicalTypeOf(element)).toBeUndefined();
});

describe("types that are not read", () => {
  const INTERVAL: Element = { type: "FIXED_LEN_BYTE_ARRAY", type_length: 12, converted_type: "INTERVAL" };

  test.each<[string, Element]>([
    ["INTERVAL in FIXED_LEN_BYTE_ARRAY", INTERVAL],
    ["STRING in INT32", { type: "INT32", converted_type: "UTF8" }],
    ["UUID in FIXED_LEN_BYTE_ARRAY", { type: "FIXED_LEN_BYTE_ARRAY", type_length: 15, logical_type: { type: "UUID" } }],
    ["TIME in INT64", { type: "INT64", logical_type: { type: "TIME", isAdjustedToUTC: true, unit: "MILLIS" } }],
    ["of type FIXED_LEN_BYTE_ARRAY", { type: "FIXED_LEN_BYTE_ARRAY", type_length: 0 }],
  ])("%s is an error that names the column", async (what, element) => {
    const error = await failure(element, Buffer.alloc(16), 1);
    expect(error.code).toBe("DTV_PARQUET_INVALID");
    expect(error.message).toBe(`test.parquet cannot be read as Parquet: its column 'c' is ${what}, which is not read`);
    expect(error.hint).toContain("`columns`");
  });

  test("do not keep the other columns from being read", async () => {
    const file = forgeFile(
      [
        { name: "gap", repetition_type: "REQUIRED", ...INTERVAL },
        { name: "kept", repetition_type: "REQUIRED", type: "INT32" },
      ],
      1,
      [
        { pages: [pageV1({ values: 1, body: Buffer.alloc(12) })], values: 1 },
        { pages: [pageV1({ values: 1, body: int32s(7) })], values: 1 },
      ],
    );
    await expect(decodeAll(file)).rejects.toThrow("column 'gap'");
    expect((await decodeAll(file, { columns: ["kept"] })).columns).toEqual([[7]]);
  });
});
