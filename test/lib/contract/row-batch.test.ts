import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Provenance } from "../../../lib/contract/provenance.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { parseType } from "../../../lib/contract/types.ts";

const schema = new Schema([
  { name: "id", type: parseType("integer"), nullable: true },
  { name: "name", type: parseType("string"), nullable: true },
]);

describe("RowBatch", () => {
  it("turns rows into columns and columns into rows", () => {
    const rows = [{ id: 1, name: "a" }, { id: null, name: "b" }, { name: "c" }];
    const batch = RowBatch.fromRows(rows, schema);
    expect([batch.cells(0), batch.cells(1)]).toEqual([
      [1, null, null],
      ["a", "b", "c"],
    ]);
    expect([
      ...RowBatch.fromColumns(
        schema,
        [
          [1, null, null],
          ["a", "b", "c"],
        ],
        3,
      ),
    ]).toEqual([
      { id: 1, name: "a" },
      { id: null, name: "b" },
      { id: null, name: "c" },
    ]);
  });

  it("gives rows without a prototype, whatever their fields are called", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"];
    const hostile = Schema.lexical(names);
    const [row] = RowBatch.fromColumns(
      hostile,
      names.map((name) => [`value of ${name}`]),
      1,
    );
    expect(Object.getPrototypeOf(row)).toBeNull();
    expect(Object.entries(row as object)).toEqual(names.map((name) => [name, `value of ${name}`]));
    const [missing] = RowBatch.fromRows([{}], hostile);
    expect(Object.values(missing as object)).toEqual([null, null, null, null, null]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("gives the same rows one by one and at once, of any names and any number of fields", () => {
    const name = fc.oneof(fc.string(), fc.nat(200).map(String), fc.constantFrom("__proto__", "toString", "then"));
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 12 });
    const wide = fc.constant(Array.from({ length: 150 }, (_, index) => `column ${index}`));
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: names }, { weight: 1, arbitrary: wide }), (fields) => {
        const columns = fields.map((field) => [`${field} 1`, undefined, 3, null]);
        const batch = RowBatch.fromColumns(Schema.lexical(fields), columns, 4);
        const wanted = [0, 1, 2, 3].map((row) => {
          const record = Object.create(null);
          for (const [index, field] of fields.entries()) record[field] = columns[index]?.[row] ?? null;
          return record;
        });
        expect([...batch]).toStrictEqual(wanted);
        expect(batch.rowArray()).toStrictEqual(wanted);
        for (const row of batch) expect(Object.getPrototypeOf(row)).toBeNull();
      }),
    );
  });

  it("throws rather than round an integer, and gives bigint where it is asked for, for every value", () => {
    const batch = RowBatch.fromColumns(
      schema,
      [
        [1, 2n ** 53n + 1n],
        ["a", "b"],
      ],
      2,
    );
    expect(() => [...batch]).toThrow(
      expect.objectContaining({
        code: "DTV_INT_UNSAFE",
        message: expect.stringContaining("'id' holds 9007199254740993"),
      }),
    );
    expect([...batch.rows({ integers: "bigint" })].map((row) => row["id"])).toEqual([1n, 9007199254740993n]);
    const wide = new Schema([{ name: "id", type: parseType("integer"), nullable: true, integers: "bigint" }]);
    expect([...RowBatch.fromColumns(wide, [[1, null]], 2)]).toEqual([{ id: 1n }, { id: null }]);
    expect(batch.column("id").values).toEqual(new BigInt64Array([1n, 9007199254740993n]));
  });

  it("takes records by position, with their places", () => {
    const batch = RowBatch.fromRows([{ id: 1 }, { id: 2 }, { id: 3 }], schema, {
      provenance: Provenance.numbered("f", 10),
    });
    const taken = batch.take([2, 0]);
    expect([...taken].map((row) => row["id"])).toEqual([3, 1]);
    expect(taken.provenance?.at(0)).toEqual({ source: "f", row: 12 });
    expect(taken.slice(1, 2).provenance?.at(0)).toEqual({ source: "f", row: 10 });
  });

  it("never claims less memory than its text occupies", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.option(fc.string({ unit: "binary" })) })), (rows) => {
        const payload = rows.reduce((sum, { name }) => sum + Buffer.byteLength(name ?? "", "utf16le"), 0);
        expect(RowBatch.fromRows(rows, schema).sizeBytes).toBeGreaterThanOrEqual(payload);
      }),
    );
  });

  it("names the columns that there are when one is asked for that is not", () => {
    expect(() => RowBatch.empty(schema).column("ID")).toThrow("no column 'ID'");
  });
});
