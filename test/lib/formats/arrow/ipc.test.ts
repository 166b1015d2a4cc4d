import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "@uwdata/flechette";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NumberText } from "../../../../lib/contract/json.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { type DataType, parseType } from "../../../../lib/contract/types.ts";
import type { ArrowBatch } from "../../../../lib/formats/arrow/arrow-batch.ts";
import { decodeIpc } from "../../../../lib/formats/arrow/decode-ipc.ts";
import { encodeIpc } from "../../../../lib/formats/arrow/encode-ipc.ts";

/** Sent and received. */
function travel(batch: RowBatch): ArrowBatch {
  return decodeIpc(encodeIpc(batch));
}

function columnOf(type: DataType, cells: readonly unknown[]): RowBatch {
  return RowBatch.fromColumns(new Schema([{ name: "c", type, nullable: true }]), [cells], cells.length);
}

interface Vector {
  readonly type: string;
  readonly cell?: unknown;
  readonly misfit?: string;
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "..", "..", "vectors", "text-to-type.json"), "utf8"),
);

/** Bigints stand as `…n` in the vectors, bytes as base64, doubles that JSON has not as their names. */
function cellOf({ type, cell }: Vector): unknown {
  if (type === "integer" && typeof cell === "string") return BigInt(cell.slice(0, -1));
  if (type === "double" && typeof cell === "string") return cell === "-0" ? -0 : Number(cell);
  if (type === "binary") return new Uint8Array(Buffer.from(String(cell), "base64"));
  return cell;
}

describe("Arrow messages", () => {
  const types = [...new Set(vectors.map(({ type }) => type))];

  it("give their records a few at a time, cut anywhere", () => {
    const texts = Array.from({ length: 25 }, (_, i) => (i % 3 === 0 ? null : `n${i}`));
    const flags = texts.map((_, i) => i % 2 === 0);
    const fields = [
      { name: "text", type: parseType("string"), nullable: true },
      { name: "flag", type: parseType("boolean"), nullable: true },
    ];
    const arrived = travel(RowBatch.fromColumns(new Schema(fields), [texts, flags], 25));
    const slices = [...arrived.slices(10)];
    expect(slices.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(slices.flatMap((slice) => slice.cells(0))).toEqual(texts);
    expect(slices.flatMap((slice) => slice.cells(1))).toEqual(flags);
  });

  it.each(types)("keep every value of the vectors of %s", (type) => {
    const fits = vectors.filter((vector) => vector.type === type && vector.misfit === undefined).map(cellOf);
    const cells = fits.flatMap((cell) => [cell, null]);
    const back = travel(columnOf(parseType(type), cells));
    expect(back.cells(0)).toEqual(cells);
    expect([...back.rows({ integers: "bigint" })]).toHaveLength(cells.length);
  });

  it("keep lists and structs, nulls and emptiness at every level", () => {
    const type: DataType = {
      kind: "array",
      items: {
        kind: "object",
        properties: [
          { name: "a", type: { kind: "array", items: { kind: "decimal", precision: 38, scale: 2 } }, nullable: true },
          { name: "b", type: { kind: "object", properties: [] }, nullable: true },
          { name: "json", type: { kind: "object" }, nullable: true },
        ],
      },
    };
    const empty = Object.create(null);
    const row = (members: object) => Object.assign(Object.create(null), members);
    const cells = [
      null,
      [],
      [null, row({ a: null, b: null, json: null })],
      [row({ a: [], b: empty, json: { n: 9007199254740993n, deep: [1, { x: null }] } })],
      [row({ a: ["-123456789012345678901234567890123456.78", null], b: empty, json: [0.5] })],
    ];
    expect(travel(columnOf(type, cells)).cells(0)).toEqual(cells);
  });

  it.each([
    ["texts", ["", "žluť ☃ 😀", null]],
    ["numbers", [0, -0, 0.1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null]],
    ["truths", [true, false, null]],
    ["bytes", [new Uint8Array([0, 255]), new Uint8Array(), null]],
    ["nothing", [null, null]],
    ["anything", ["1", 1, 1n, 2n ** 63n, new NumberText("1.0000000000000000001"), [{ a: [null] }], true, null]],
  ])("keep untyped fields that hold %s as they are", (_, cells) => {
    const schema = Schema.lexical(["c"], { open: true });
    const back = travel(RowBatch.fromColumns(schema, [cells], cells.length));
    expect(back.schema).toEqual(schema);
    // A whole number is the same value as number and as bigint; JSON has one text for both.
    const whole = (cell: unknown) => (cell === 1n ? 1 : cell);
    expect(back.cells(0)).toEqual(cells.map(whole));
  });

  it("keep what a schema says of its fields", () => {
    const schema = new Schema(
      [
        { name: "", type: { kind: "integer" }, nullable: false, integers: "bigint", metadata: { description: "ž" } },
        { name: "__proto__", type: { kind: "timestamp", zoned: true }, nullable: true },
        { name: "any", type: { kind: "string" }, nullable: true, lexical: true },
      ],
      { owner: "them" },
    );
    expect(travel(RowBatch.empty(schema)).schema).toEqual(schema);
  });

  it("keep the number of records that have no fields", () => {
    expect(travel(RowBatch.fromColumns(new Schema([]), [], 7)).length).toBe(7);
  });

  it("are read by an Arrow library that knows nothing of us", () => {
    const bytes = encodeIpc(
      columnOf({ kind: "decimal", precision: 20, scale: 3 }, ["-1.500", null, "12345678901234567.891"]),
    );
    const column = tableFromIPC(bytes, { useDecimalInt: true }).getChild("c");
    expect([...column.toArray()]).toEqual([-1500n, null, 12345678901234567891n]);
  });

  it("keep any table", () => {
    const text = fc.string({ unit: "binary" });
    const cell = fc.option(fc.oneof(text, fc.integer(), fc.boolean(), fc.dictionary(text, fc.array(text))));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.option(text), fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), cell)),
        (rows) => {
          const narrow = (value: bigint | null) =>
            value !== null && Number.isSafeInteger(Number(value)) ? Number(value) : value;
          const columns = [rows.map(([a]) => a), rows.map(([, b]) => narrow(b)), rows.map(([, , c]) => c)];
          const schema = new Schema([
            { name: "a", type: { kind: "string" }, nullable: true },
            { name: "b", type: { kind: "integer" }, nullable: true },
            { name: "c", type: { kind: "string" }, nullable: true, lexical: true },
          ]);
          const back = travel(RowBatch.fromColumns(schema, columns, rows.length));
          expect([0, 1, 2].map((index) => back.cells(index))).toEqual(columns);
        },
      ),
    );
  });

  it("refuse what they cannot carry", () => {
    const refused = (type: DataType, cells: readonly unknown[], lexical?: true) => {
      const schema = new Schema([{ name: "c", type, nullable: true, ...(lexical ? { lexical } : {}) }]);
      return () => encodeIpc(RowBatch.fromColumns(schema, [cells], cells.length));
    };
    const unfit = expect.objectContaining({ code: "DTV_VALUE_UNFIT", culprit: "c" });
    expect(refused({ kind: "string" }, ["\ud800"])).toThrow(unfit);
    expect(refused({ kind: "string" }, [new Uint8Array(1), "text"], true)).toThrow(unfit);
    expect(refused({ kind: "object" }, [{ n: Number.NaN }])).toThrow(unfit);
  });

  it("that are damaged are refused, whichever byte it is, or give a batch", () => {
    const bytes = encodeIpc(
      RowBatch.fromColumns(
        new Schema([
          { name: "a", type: { kind: "string" }, nullable: true },
          { name: "b", type: { kind: "array", items: { kind: "integer" } }, nullable: true },
          { name: "c", type: { kind: "object" }, nullable: true },
        ]),
        [
          ["x", "yz", null],
          [[1], null, []],
          [{ a: 1 }, null, []],
        ],
        3,
      ),
    );
    let refused = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 128]) {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = (damaged[at] as number) ^ bit;
        try {
          const batch = decodeIpc(damaged);
          for (const index of batch.schema.fields.keys()) batch.cells(index);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^DTV_(ARROW|SCHEMA|VALUE)_/) });
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
