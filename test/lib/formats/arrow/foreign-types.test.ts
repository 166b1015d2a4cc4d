/** What other producers write and we do not: each type is read exactly, or refused in words. */
import {
  CompressionType,
  columnFromArray,
  type DataType,
  dateMillisecond,
  decimal64,
  decimal256,
  dictionary,
  duration,
  field,
  fixedSizeBinary,
  fixedSizeList,
  float16,
  int8,
  int32,
  interval,
  largeBinary,
  largeList,
  largeUtf8,
  list,
  map,
  nullType,
  runEndEncoded,
  setCompressionCodec,
  Table,
  TimeUnit,
  tableToIPC,
  timeSecond,
  timestamp,
  UnionMode,
  uint32,
  uint64,
  union,
  utf8,
} from "@uwdata/flechette";
import { describe, expect, it } from "vitest";
import { formatType } from "../../../../lib/contract/types.ts";
import { sourceOf } from "../../../../lib/formats/arrow/arrow-column.ts";
import { type ArrowField, plainField } from "../../../../lib/formats/arrow/arrow-field.ts";
import { readCells } from "../../../../lib/formats/arrow/read-cells.ts";
import { loadZstd } from "../../../../lib/formats/parquet/zstd.ts";
import { decodeAll, decodeFile } from "./codec.ts";

type Codec = (typeof CompressionType)[keyof typeof CompressionType];

/** A table of one column, as another library writes it. */
function foreign(
  type: DataType,
  values: readonly unknown[],
  form: "stream" | "file" = "stream",
  codec?: Codec,
): Buffer {
  const column = columnFromArray([...values], type);
  const table = new Table({ fields: [field("c", type, true)], metadata: null } as never, [column]);
  return Buffer.from(tableToIPC(table, { format: form, ...(codec === undefined ? {} : { codec }) }) as Uint8Array);
}

const record = (members: object) => Object.assign(Object.create(null), members);
const long = "a text of more than twelve bytes, ž";

describe("columns of other producers", () => {
  it.each<[string, DataType, unknown[], string, unknown[]]>([
    ["int8", int8(), [-128, null, 127], "integer", [-128, null, 127]],
    ["uint32", uint32(), [4294967295, null], "integer", [4294967295, null]],
    ["uint64", uint64(), [2n ** 63n - 1n, null, 5n], "integer", [2n ** 63n - 1n, null, 5]],
    ["float16", float16(), [0.5, -2, null, 65504, Number.NaN], "double", [0.5, -2, null, 65504, Number.NaN]],
    ["decimal64", decimal64(18, 3), [1.125, null], "decimal(18,3)", ["1.125", null]],
    ["decimal256", decimal256(30, 1), [-1.5, null], "decimal(30,1)", ["-1.5", null]],
    ["date64", dateMillisecond(), [new Date("1969-12-31"), null], "date", ["1969-12-31", null]],
    ["time32(s)", timeSecond(), [3600, null], "time", ["01:00:00.000000", null]],
    ["timestamp(s)", timestamp(TimeUnit.SECOND), [-1000, null], "timestamp", ["1969-12-31T23:59:59.000000", null]],
    [
      "timestamp(ns, zone)",
      timestamp(TimeUnit.NANOSECOND, "Asia/Tokyo"),
      [1],
      "timestamptz",
      ["1970-01-01T00:00:00.001000Z"],
    ],
    ["large_utf8", largeUtf8(), ["ž", null, ""], "string", ["ž", null, ""]],
    ["large_binary", largeBinary(), [new Uint8Array([1, 2]), null], "binary", [new Uint8Array([1, 2]), null]],
    ["fixed_size_binary", fixedSizeBinary(2), [new Uint8Array([1, 2]), null], "binary", [new Uint8Array([1, 2]), null]],
    ["large_list", largeList(int32()), [[1, null], null, []], "array<integer>", [[1, null], null, []]],
    [
      "fixed_size_list",
      fixedSizeList(int8(), 2),
      [[1, 2], null, [3, null]],
      "array<integer>",
      [[1, 2], null, [3, null]],
    ],
    ["null", nullType(), [null, null], "string", [null, null]],
    ["dictionary", dictionary(utf8()), ["b", "a", null, "b"], "string", ["b", "a", null, "b"]],
    [
      "list of dictionary",
      list(dictionary(utf8())),
      [["b", "b"], null, ["a"]],
      "array<string>",
      [["b", "b"], null, ["a"]],
    ],
    [
      "map",
      map(utf8(), int32()),
      [new Map([["k", 1]]), null, new Map()],
      "array<object{key: string, value: integer}>",
      [[record({ key: "k", value: 1 })], null, []],
    ],
  ])("of %s are read", async (_, type, values, expected, cells) => {
    for (const read of [await decodeAll(foreign(type, values)), await decodeFile(foreign(type, values, "file"))]) {
      expect(formatType(read.schema.fields[0]?.type as never).replaceAll(" not null", "")).toBe(expected);
      expect(read.columns[0]).toEqual(cells);
    }
  });

  it.each<[string, DataType, unknown[], RegExp]>([
    ["an unsigned integer beyond 2^63", uint64(), [1n, 2n ** 63n], /record 2: .*'c' is larger than a 64-bit integer/],
    ["a nanosecond", timestamp(TimeUnit.NANOSECOND), [1, 0.0005], /record 2: .*'c' is finer than a microsecond/],
    [
      "a nanosecond in a list",
      list(timestamp(TimeUnit.NANOSECOND)),
      [[], [1], null, [2, 0.0005]],
      /record 4: .*is finer/,
    ],
    [
      "a nanosecond in a dictionary",
      dictionary(timestamp(TimeUnit.NANOSECOND)),
      [1, 1, 0.0005],
      /record 3: .*is finer/,
    ],
    ["the year 10000", timestamp(TimeUnit.SECOND), [253402300800000], /record 1: .*outside the years 0001 to 9999/],
  ])("with %s are not rounded, cut or wrapped", async (_, type, values, message) => {
    const told = expect.objectContaining({
      code: "DTV_VALUE_UNFIT",
      culprit: "c",
      message: expect.stringMatching(message),
    });
    await expect(decodeAll(foreign(type, values))).rejects.toThrow(told);
  });

  it.each<[string, DataType, unknown[]]>([
    [
      "union",
      union(UnionMode.Dense, [int32(), utf8()], [0, 1], (value) => (typeof value === "string" ? 1 : 0)),
      [1, "x"],
    ],
    ["duration", duration(TimeUnit.SECOND), [1]],
    ["interval", interval(), [[1, 2, 3n]]],
    ["run-end encoded", runEndEncoded(int32(), utf8()), ["a", "a"]],
    ["d:60,2,256", decimal256(60, 2), [1]],
  ])("of %s are refused by that name", async (what, type, values) => {
    await expect(decodeAll(foreign(type, values))).rejects.toMatchObject({
      code: "DTV_SCHEMA_INVALID",
      message: `Column 'c' has the Arrow type '${what}', which no contract has`,
      hint: expect.stringContaining("without the column"),
    });
  });

  it("that are compressed are read, and held to the size that they say", async () => {
    const zstd = await loadZstd();
    setCompressionCodec(CompressionType.ZSTD, {
      encode: (bytes) => zstd.compress(bytes, 3),
      decode: () => expect.unreachable(),
    });
    const texts = Array.from({ length: 1000 }, (_, i) => `text ${i % 10}`);
    const bytes = foreign(utf8(), texts, "stream", CompressionType.ZSTD);
    expect(bytes.length).toBeLessThan(4000);
    expect((await decodeAll(bytes)).columns).toEqual([texts]);
    const at = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) - 8;
    for (const size of [1n, 5000n, 2n ** 40n, -2n]) {
      const lying = Buffer.from(bytes);
      lying.writeBigInt64LE(size, at);
      await expect(decodeAll(lying)).rejects.toMatchObject({ code: "DTV_ARROW_INVALID" });
    }
  });

  it("with text that is not UTF-8 are refused, also where a value ends within a character", async () => {
    const bytes = foreign(utf8(), ["aaž", "žbb"]);
    const at = bytes.indexOf("aažžbb");
    const broken = Buffer.from(bytes);
    broken[at + 2] = 0xff;
    const told = { code: "DTV_ARROW_INVALID", message: expect.stringContaining("'c' holds text that is not UTF-8") };
    await expect(decodeAll(broken)).rejects.toMatchObject(told);
    const offsets = bytes.indexOf(Buffer.from(Int32Array.of(0, 4, 8).buffer));
    const torn = Buffer.from(bytes);
    torn.writeInt32LE(3, offsets + 4);
    await expect(decodeAll(torn)).rejects.toMatchObject(told);
  });

  it("of views are read, which point to what is there and is text", () => {
    const data = Buffer.from(long);
    const views = Buffer.alloc(3 * 16);
    views.writeInt32LE(12);
    views.write("twelve bytes", 4);
    views.writeInt32LE(data.length, 32);
    views.write(long.slice(0, 4), 36);
    const column = { length: 3, nullCount: 1, buffers: [Buffer.of(5), views, data], children: [] };
    const stored = { ...plainField({ name: "c", type: { kind: "string" }, nullable: true }), format: "vu" };
    const text: ArrowField = { ...stored, storage: { kind: "views", text: true } };
    const read = () => readCells(sourceOf(column), text, 0, 3);
    expect(read()).toEqual(["twelve bytes", null, long]);
    expect(readCells(sourceOf(column), text, 2, 1)).toEqual([long]);
    views.writeInt32LE(1, 44);
    expect(read).toThrow(/less memory/);
    views.writeInt32LE(0, 44);
    views.writeInt32LE(1, 40);
    expect(read).toThrow(/less memory/);
    views.writeInt32LE(0, 40);
    data[3] = 0xff;
    expect(read).toThrow(/not UTF-8/);
  });

  it("with numbers whose big end comes first are refused", async () => {
    const bytes = foreign(int8(), [1]);
    const schema = bytes.subarray(8, 8 + bytes.readInt32LE(4));
    const message = schema.readUInt32LE();
    const slot = (table: number, index: number) =>
      table + schema.readUInt16LE(table - schema.readInt32LE(table) + 4 + index * 2);
    const header = slot(message, 2);
    const table = header + schema.readUInt32LE(header);
    // Not said, it is little; so the place of another number is given for it, which is not zero.
    schema.writeUInt16LE(
      schema.readUInt16LE(table - schema.readInt32LE(table) + 6),
      table - schema.readInt32LE(table) + 4,
    );
    await expect(decodeAll(bytes)).rejects.toThrow(/big end first/);
  });
});
