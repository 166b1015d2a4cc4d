/** What other writers write: every type of Avro, and which type and cells we make of it. */
import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { formatType } from "../../../../lib/contract/types.ts";
import { decodeAll } from "./codec.ts";
import { block, file, header, long, recordOf, sized, valuesFile } from "./forge.ts";

async function read(type: unknown, values: readonly unknown[]): Promise<[type: string, cells: unknown[]]> {
  const { schema, columns, error, rejects } = await decodeAll(valuesFile(type, values));
  if (error) throw error;
  expect(rejects).toEqual([]);
  const [field] = schema?.fields ?? [];
  if (!field) throw new Error("no field");
  return [`${formatType(field.type)}${field.nullable ? "" : " not null"}`, columns[0] ?? []];
}

const NULLS = { type: "fixed", name: "f", size: 3 };
const LINKED = {
  type: "record",
  name: "Node",
  namespace: "n",
  fields: [
    { name: "value", type: "int" },
    { name: "next", type: ["null", "Node"] },
  ],
};

describe("a type of Avro becomes one of ours", () => {
  it.each<[string, unknown, readonly unknown[], string, readonly unknown[]]>([
    ["int", "int", [0, -1, 2 ** 31 - 1, -(2 ** 31)], "integer not null", [0, -1, 2 ** 31 - 1, -(2 ** 31)]],
    [
      "long",
      "long",
      [0n, 63n, 64n, -64n, -65n, 2n ** 27n, 2n ** 28n, -(2n ** 28n), 2n ** 53n - 1n, -(2n ** 53n) + 1n],
      "integer not null",
      [0, 63, 64, -64, -65, 2 ** 27, 2 ** 28, -(2 ** 28), 2 ** 53 - 1, -(2 ** 53) + 1],
    ],
    [
      "long beyond numbers",
      "long",
      [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)],
      "integer not null",
      [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)],
    ],
    ["float", "float", [0.1, -0], "double not null", [Math.fround(0.1), -0]],
    ["double", "double", [0.1, Number.NaN, -Infinity], "double not null", [0.1, Number.NaN, -Infinity]],
    ["null", { type: "array", items: "null" }, [[null, null]], "array<string> not null", [[null, null]]],
    ["enum", { type: "enum", name: "e", symbols: ["A", "B"] }, ["B", "A"], "string not null", ["B", "A"]],
    ["fixed", NULLS, [Buffer.from("abc")], "binary not null", [new Uint8Array([97, 98, 99])]],
    ["union with null", ["null", "string"], [null, { string: "x" }, { string: "" }], "string", [null, "x", ""]],
    ["union with null last", ["string", "null"], [null, { string: "x" }], "string", [null, "x"]],
    ["union of one", ["int"], [{ int: 1 }], "integer not null", [1]],
    [
      "union of one type",
      ["null", "int", "long"],
      [{ int: 1 }, { long: 2n ** 60n }, null],
      "integer",
      [1, 2n ** 60n, null],
    ],
    ["union of others", ["null", "int", "string"], [{ int: 1 }, { string: "x" }, null], "object", [1, "x", null]],
    [
      "map",
      { type: "map", values: "int" },
      [{ a: 1, b: 2 }, {}],
      "array<object{key: string not null, value: integer not null}> not null",
      [
        [
          { key: "a", value: 1 },
          { key: "b", value: 2 },
        ],
        [],
      ],
    ],
    [
      "recursive record",
      ["null", LINKED],
      [{ "n.Node": { value: 1, next: { "n.Node": { value: 2, next: null } } } }],
      "object",
      [{ value: 1, next: { value: 2, next: null } }],
    ],
    [
      "decimal in bytes",
      { type: "bytes", logicalType: "decimal", precision: 6, scale: 2 },
      [Buffer.from([1]), Buffer.from([255, 255, 255, 255, 133]), Buffer.from([])],
      "decimal(6,2) not null",
      ["0.01", "-1.23", "0.00"],
    ],
    [
      "decimal in fixed",
      { type: "fixed", name: "d", size: 3, logicalType: "decimal", precision: 5 },
      [Buffer.from([255, 255, 254])],
      "decimal(5,0) not null",
      ["-2"],
    ],
    [
      "date",
      { type: "int", logicalType: "date" },
      [0, -719_162, 2_932_896],
      "date not null",
      ["1970-01-01", "0001-01-01", "9999-12-31"],
    ],
    ["time-millis", { type: "int", logicalType: "time-millis" }, [86_399_999], "time not null", ["23:59:59.999000"]],
    ["time-micros", { type: "long", logicalType: "time-micros" }, [1n], "time not null", ["00:00:00.000001"]],
    [
      "timestamp-millis",
      { type: "long", logicalType: "timestamp-millis" },
      [-1n],
      "timestamptz not null",
      ["1969-12-31T23:59:59.999000Z"],
    ],
    [
      "timestamp-micros",
      { type: "long", logicalType: "timestamp-micros" },
      [-1n, 253_402_300_799_999_999n],
      "timestamptz not null",
      ["1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
    ],
    [
      "timestamp-nanos",
      { type: "long", logicalType: "timestamp-nanos" },
      [-1000n],
      "timestamptz not null",
      ["1969-12-31T23:59:59.999999Z"],
    ],
    [
      "local-timestamp-millis",
      { type: "long", logicalType: "local-timestamp-millis" },
      [1n],
      "timestamp not null",
      ["1970-01-01T00:00:00.001000"],
    ],
    [
      "local-timestamp-micros",
      { type: "long", logicalType: "local-timestamp-micros" },
      [1n],
      "timestamp not null",
      ["1970-01-01T00:00:00.000001"],
    ],
    [
      "local-timestamp-nanos",
      { type: "long", logicalType: "local-timestamp-nanos" },
      [2000n],
      "timestamp not null",
      ["1970-01-01T00:00:00.000002"],
    ],
    ["uuid text", { type: "string", logicalType: "uuid" }, ["x"], "string not null", ["x"]],
    [
      "uuid bytes",
      { type: "fixed", name: "u", size: 16, logicalType: "uuid" },
      [Buffer.from("000102030405060708090a0b0c0d0e0f", "hex")],
      "string not null",
      ["00010203-0405-0607-0809-0a0b0c0d0e0f"],
    ],
    [
      "duration",
      { type: "fixed", name: "u", size: 12, logicalType: "duration" },
      [Buffer.alloc(12, 1)],
      "binary not null",
      [new Uint8Array(12).fill(1)],
    ],
    ["unknown logical type", { type: "string", logicalType: "colour" }, ["red"], "string not null", ["red"]],
    ["logical type of another kind", { type: "string", logicalType: "date" }, ["red"], "string not null", ["red"]],
  ])("%s", async (_, type, values, expectedType, expectedCells) => {
    const [found, cells] = await read(type, values);
    expect(found).toBe(expectedType);
    expect(cells).toEqual(expectedCells);
  });

  it("lists in blocks that say their size, or not", async () => {
    const data = Buffer.concat([long(-2), long(2), long(1), long(2), long(1), long(3), long(0), long(0)]);
    const read = await decodeAll(file(recordOf({ type: "array", items: "int" }), [{ count: 2, data }]));
    expect(read.columns).toEqual([[[1, 2, 3], []]]);
  });

  it("names in namespaces, types named before, wrapped types", async () => {
    const schema = {
      type: "record",
      name: "a.b.R",
      fields: [
        { name: "x", type: { type: "enum", name: "E", symbols: ["Z"] } },
        { name: "y", type: "E" },
        { name: "z", type: { type: { type: "a.b.E" } } },
        { name: "o", type: { type: "record", name: "O", namespace: "", fields: [{ name: "i", type: "a.b.E" }] } },
        { name: "p", type: ["null", "O"] },
      ],
    };
    const data = Buffer.from([0, 0, 0, 0, 2, 0]);
    const read = await decodeAll(file(schema, [{ count: 1, data }]));
    expect(read.error).toBeUndefined();
    expect(read.columns.map(([cell]) => cell)).toEqual(["Z", "Z", "Z", { i: "Z" }, { i: "Z" }]);
  });

  it("deflate with a part of a checksum behind it, as old writers leave it", async () => {
    const data = Buffer.concat([zlib.deflateRawSync(long(5)), Buffer.from([1, 2, 3])]);
    const read = await decodeAll(file(recordOf("int"), [{ count: 1, data }], "deflate"));
    expect(read.columns).toEqual([[5]]);
  });

  it("zstandard that does not say its size, as Java writes it", async () => {
    // One raw block of one byte, the last.
    const data = Buffer.concat([Buffer.from("28b52ffd0058090000", "hex"), long(5)]);
    const read = await decodeAll(file(recordOf("int"), [{ count: 1, data }], "zstandard"));
    expect(read.error).toBeUndefined();
    expect(read.columns).toEqual([[5]]);
  });

  it("empty blocks", async () => {
    const empty = { count: 0, data: Buffer.alloc(0) };
    const read = await decodeAll(file(recordOf("int"), [empty, { count: 1, data: long(5) }, empty]));
    expect(read.columns).toEqual([[5]]);
  });
});

describe("a value that no cell holds rejects its record alone", () => {
  it.each<[string, unknown, Buffer, string]>([
    ["nanoseconds", { type: "long", logicalType: "timestamp-nanos" }, long(1), "is finer than a microsecond"],
    ["a year", { type: "int", logicalType: "date" }, long(10_000_000), "is outside the years 0001 to 9999"],
    ["a time", { type: "long", logicalType: "time-micros" }, long(2n ** 60n), "is not a time of day"],
    ["bytes in a text", "string", sized(Buffer.from([0xff])), "is not UTF-8 text"],
    ["JSON", { type: "string", "dativo.type": "object" }, sized("{"), "is not JSON"],
    [
      "a decimal",
      { type: "bytes", logicalType: "decimal", precision: 2 },
      sized(Buffer.from([100])),
      "has more than the 2 digits",
    ],
    [
      "a decimal of a megabyte",
      { type: "bytes", logicalType: "decimal", precision: 2 },
      sized(Buffer.alloc(1 << 20, 1)),
      "more than 256 bytes",
    ],
    [
      "in a list",
      { type: "array", items: "string" },
      Buffer.concat([long(2), sized("a"), sized(Buffer.from([0xff])), long(0)]),
      "is not UTF-8 text",
    ],
  ])("%s", async (_, type, bad, reason) => {
    const schema = {
      type: "record",
      name: "r",
      fields: [
        { name: "n", type: "int" },
        { name: "a", type: ["null", type] },
      ],
    };
    const data = Buffer.concat([long(7), long(0), long(8), long(1), bad, long(9), long(0)]);
    const read = await decodeAll(file(schema, [{ count: 3, data }]), { batchRows: 2 });
    expect(read.error).toBeUndefined();
    expect(read.columns[0]).toEqual([7, 9]);
    expect(read.numbers).toEqual([1, 3]);
    expect(read.batches).toEqual([1, 1]);
    expect(read.rejects).toEqual([
      {
        source: "t.avro",
        row: 2,
        raw: new Uint8Array(Buffer.concat([long(8), long(1), bad])),
        faults: [{ column: "a", rule: "type", reason: expect.stringContaining(reason) }],
      },
    ]);
  });

  it("and a batch that has none left is empty, so that the rejects are told of", async () => {
    const bad = sized(Buffer.from([0xff]));
    const bytes = Buffer.concat([
      header(recordOf("string")),
      block({ count: 3, data: Buffer.concat([bad, bad, bad]) }),
    ]);
    expect(await decodeAll(bytes, { batchRows: 2 })).toMatchObject({ batches: [0, 0], rows: 0, error: undefined });
  });
});
