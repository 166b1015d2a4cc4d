import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { parseType } from "../../../../lib/contract/types.ts";
import { avroFormat } from "../../../../lib/formats/avro/avro-format.ts";
import { toAvroNames } from "../../../../lib/formats/avro/schema/avro-name.ts";
import { anyTable } from "../parquet/any-table.ts";
import { sampleTable } from "../parquet/sample.ts";
import { decodeAll, encodeAll } from "./codec.ts";

const CODECS = ["none", "deflate", "snappy", "zstandard"] as const;

describe("what is written is read as it was", () => {
  it.each(CODECS.flatMap((compression) => [true, false].map((nullable) => [compression, nullable] as const)))(
    "every hard value of every type, %s, nullable %s",
    async (compression, nullable) => {
      const table = sampleTable(300, nullable);
      const bytes = await encodeAll(table.schema, table.columns, { options: { compression, block_size: 4096 } });
      const read = await decodeAll(bytes, { batchRows: 70 });
      expect(read.error).toBeUndefined();
      expect(read.schema?.toString()).toBe(table.schema.toString());
      expect(read.columns).toEqual(table.columns);
      expect(read.batches).toEqual([70, 70, 70, 70, 20]);
      expect(read.numbers).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    },
  );

  it("whatever the bytes are cut into", async () => {
    const table = sampleTable(60, true);
    const bytes = await encodeAll(table.schema, table.columns, { options: { block_size: 1024 } });
    const whole = await decodeAll(bytes, { batchRows: 7 });
    for (const cut of [1, 2, 3, 17, 1000]) {
      const read = await decodeAll(bytes, { batchRows: 7, cut });
      expect([cut, read.columns]).toEqual([cut, table.columns]);
      expect(read.batches).toEqual(whole.batches);
    }
  });

  it("any records of any schema and any names", { timeout: 120_000 }, async () => {
    const settings = fc.record({
      options: fc.record({ compression: fc.constantFrom(...CODECS), block_size: fc.integer({ min: 1024, max: 2000 }) }),
      batchRows: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(anyTable("any"), settings, async (table, given) => {
        const read = await decodeAll(await encodeAll(table.schema, table.columns, given), {
          batchRows: given.batchRows,
        });
        expect(read.error).toBeUndefined();
        expect(read.schema?.toString()).toBe(table.schema.toString());
        expect(read.columns).toEqual(table.columns);
      }),
      { numRuns: 300 },
    );
  });

  it("free-form values", async () => {
    const schema = new Schema([
      { name: "any", type: parseType("object"), nullable: true },
      { name: "list", type: parseType("array"), nullable: false },
      { name: "many", type: { kind: "array", items: { kind: "object" } }, nullable: false },
    ]);
    const columns = [
      [{ a: [1, null, "x"], b: { c: 9007199254740993n } }, null, {}],
      [[], [1, [2]], ["null"]],
      [[{ a: 1 }, null], [], [{}]],
    ];
    const read = await decodeAll(await encodeAll(schema, columns));
    expect(read.schema?.toString()).toBe(schema.toString());
    expect(read.columns).toEqual(columns);
  });

  it("names that Avro does not allow, beside those that they would become", async () => {
    const names = ["a b", "a_x20b", "", "_", "1st", "_1st", "größe", "a.b", "__proto__", "日", "a-b", "a_x2db"];
    const properties = names.map((name) => ({ name, type: parseType("integer"), nullable: false }));
    const schema = new Schema([...properties, { name: "in", type: { kind: "object", properties }, nullable: true }]);
    const inner = Object.create(null);
    for (const [i, name] of names.entries()) inner[name] = i;
    const columns = [...names.map((_, i) => [i]), [inner]];
    const spelt = toAvroNames(names);
    expect(spelt.filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))).toEqual([]);
    expect(new Set(spelt).size).toBe(names.length);
    const read = await decodeAll(await encodeAll(schema, columns, { metadata: { "dativo.contract.name": "string" } }));
    expect(read.schema?.toString()).toBe(schema.toString());
    expect(read.columns).toEqual(columns);
  });

  it("no records", async () => {
    const { schema } = sampleTable(0, true);
    const read = await decodeAll(await encodeAll(schema, []));
    expect([read.error, read.rows, read.schema?.toString()]).toEqual([undefined, 0, schema.toString()]);
  });

  it("a value longer than a block", async () => {
    const schema = new Schema([{ name: "a", type: parseType("string"), nullable: false }]);
    const columns = [["x".repeat(100_000), "", "y".repeat(3000)]];
    expect((await decodeAll(await encodeAll(schema, columns, { options: { block_size: 1024 } }))).columns).toEqual(
      columns,
    );
  });

  it("blocks of megabytes that do not compress, and others behind them", async () => {
    const schema = new Schema([{ name: "a", type: parseType("binary"), nullable: false }]);
    const columns = [
      [randomBytes(3_000_001), new Uint8Array([1]), randomBytes(1_500_000), new Uint8Array()].map(
        (b) => new Uint8Array(b),
      ),
    ];
    for (const compression of CODECS) {
      const bytes = await encodeAll(schema, columns, { options: { compression, block_size: 1024 } });
      const read = await decodeAll(bytes, { cut: 99_999 });
      expect(read.error).toBeUndefined();
      expect(read.columns[0]?.map((cell) => Buffer.from(cell as Uint8Array).toString("base64"))).toEqual(
        columns[0]?.map((cell) => Buffer.from(cell).toString("base64")),
      );
    }
  });

  it("values in another form than their type's own", async () => {
    const schema = new Schema([
      { name: "at", type: parseType("timestamptz"), nullable: false },
      { name: "n", type: parseType("integer"), nullable: true },
      { name: "list", type: parseType("array<integer>"), nullable: true },
    ]);
    const read = await decodeAll(await encodeAll(schema, [[new Date(0)], ["7"], [[1, "2", 3]]]));
    expect(read.columns).toEqual([["1970-01-01T00:00:00.000000Z"], [7], [[1, 2, 3]]]);
  });
});

describe("a value that has no place is refused", () => {
  it.each([
    ["integer", 1.5],
    ["integer", 2n ** 63n],
    ["string", "\ud800"],
    ["decimal(3,2)", "12.345"],
    ["date", "2024-02-30"],
    ["object", { a: Number.NaN }],
    ["array<integer>", ["x"]],
    ["boolean", null],
  ])("%s %s", async (type, cell) => {
    const schema = new Schema([{ name: "f", type: parseType(type), nullable: false }]);
    await expect(encodeAll(schema, [[cell]])).rejects.toMatchObject({
      code: "DTV_VALUE_UNFIT",
      message: expect.stringMatching(/^record 1: the value of field 'f'/),
    });
  });

  it("a field that has none", () => {
    const empty = { name: "x", type: { kind: "object", properties: [] }, nullable: true } as const;
    expect(avroFormat.refuses?.(empty)).toMatch("no bytes");
    expect(avroFormat.refuses?.({ ...empty, type: { kind: "array", items: empty.type } })).toMatch("no bytes");
    expect(avroFormat.refuses?.({ ...empty, name: "\ud800", type: { kind: "string" } })).toMatch("surrogate");
  });

  it("a batch of another schema", async () => {
    const schema = new Schema([{ name: "f", type: parseType("integer"), nullable: false }]);
    const other = new Schema([{ name: "g", type: parseType("integer"), nullable: false }]);
    const encoder = avroFormat.encoder?.({}, { schema, metadata: {} });
    await expect(encoder?.encode(RowBatch.fromColumns(other, [[1]], 1))).rejects.toMatchObject({
      code: "DTV_SCHEMA_CHANGED",
    });
  });
});
