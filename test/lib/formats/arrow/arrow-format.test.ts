import { tableFromIPC } from "@uwdata/flechette";
import { tableFromIPC as apacheTable } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Encoder } from "../../../../lib/contract/format.ts";
import type { Field } from "../../../../lib/contract/schema.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { ArrowBatch } from "../../../../lib/formats/arrow/arrow-batch.ts";
import { arrowFormat, arrowStreamFormat } from "../../../../lib/formats/arrow/arrow-format.ts";
import { anyTable } from "../parquet/any-table.ts";
import { sampleTable } from "../parquet/sample.ts";
import { decodeAll, decodeFile, encodeAll, FORMATS } from "./codec.ts";

const SCHEMA = new Schema([
  { name: "id", type: { kind: "integer" }, nullable: false },
  { name: "tags", type: { kind: "array", items: { kind: "string" } }, nullable: true },
]);
const COLUMNS = [
  [1, 2, 3],
  [["a", null], null, ["žluť"]],
];
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: "DTV_ARROW_INVALID", message: expect.stringMatching(message) });

describe.each(FORMATS)("$name", (format) => {
  const small = () => encodeAll(format, SCHEMA, COLUMNS, 2);

  it.each([0, 1, 3000])("keeps %i records of all types", async (rows) => {
    const { schema, columns } = sampleTable(rows, true);
    const bytes = encodeAll(format, schema, columns, 700);
    for (const read of [await decodeAll(bytes, { cuts: [1, 9, 5000] }), await decodeFile(bytes)]) {
      expect(read.schema.equals(schema)).toBe(true);
      expect(read.columns).toEqual(columns);
      expect(read.batches.map(({ length }) => length)).toEqual(rows === 3000 ? [700, 700, 700, 700, 200] : [rows]);
    }
  });

  it("keeps any table, however its bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyTable("any"),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(5000), { maxLength: 5 }),
        async ({ schema, columns }, batchRows, cuts) => {
          const bytes = encodeAll(format, schema, columns, batchRows);
          const read = await decodeAll(bytes, { cuts: cuts.map((cut) => cut % bytes.length) });
          expect(read.schema.equals(schema)).toBe(true);
          expect(read.columns).toEqual(columns);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("is read by two other libraries", () => {
    const { schema, columns } = sampleTable(100, true);
    const bytes = encodeAll(format, schema, columns, 30);
    const seen = tableFromIPC(bytes);
    const apache = apacheTable(bytes);
    for (const name of ["text", "real", "truth"]) {
      const expected = columns[schema.indexOf(name)];
      expect([...seen.getChild(name).toArray()], name).toEqual(expected);
      expect([...(apache.getChild(name) ?? [])], name).toEqual(expected);
    }
    const whole = columns[schema.indexOf("whole")]?.map((cell) => (cell === null ? null : BigInt(cell as number)));
    expect([...(apache.getChild("whole") ?? [])]).toEqual(whole);
  });

  it("keeps what a schema says of itself and its fields", async () => {
    const fields: Field[] = [
      { name: "n", type: { kind: "integer" }, nullable: false, integers: "bigint", metadata: { description: "ž" } },
      { name: "any", type: { kind: "object" }, nullable: true },
      { name: "list", type: { kind: "array" }, nullable: true },
    ];
    const bytes = encodeAll(format, new Schema(fields, { owner: "them" }), [[], [], []], 1, { contract: "people 1" });
    const { schema } = await decodeAll(bytes);
    expect(schema.fields).toEqual(fields);
    expect(schema.metadata).toEqual({ owner: "them", contract: "people 1" });
  });

  it("is refused wherever it is cut", async () => {
    const bytes = small();
    for (let length = 0; length < bytes.length; length++) {
      await expect(decodeAll(bytes.subarray(0, length)), `cut at ${length}`).rejects.toThrow(invalid(/./));
      await expect(decodeFile(bytes.subarray(0, length)), `file cut at ${length}`).rejects.toThrow(invalid(/./));
    }
  });

  it("that is damaged is refused, whichever byte it is, or gives records", async () => {
    const bytes = small();
    let refused = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 128]) {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = (damaged[at] as number) ^ bit;
        for (const read of [decodeAll, decodeFile]) {
          await read(damaged).catch((error) => {
            expect(error).toMatchObject({ code: expect.stringMatching(/^DTV_(ARROW|SCHEMA|VALUE)_/) });
            refused++;
          });
        }
      }
    }
    expect(refused).toBeGreaterThan(200);
  });

  it("gives record batches as they are, and fewer records at a time where that is asked for", async () => {
    const whole = await decodeAll(small());
    expect(whole.batches.map((batch) => batch instanceof ArrowBatch)).toEqual([true, true]);
    const cut = await decodeAll(small(), { batchRows: 1 });
    expect(cut.batches.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(cut.columns).toEqual(COLUMNS);
    expect(cut.batches.map(({ provenance }) => provenance?.rowAt(0))).toEqual([1, 2, 3]);
  });

  it("takes columns as they are", async () => {
    const { batches, schema } = await decodeAll(small());
    const encoder = format.encoder?.({}, { schema, metadata: {} }) as Encoder;
    const chunks = batches.flatMap((batch) => {
      // Not a cell of them is made.
      Object.defineProperty(batch, "readCells", { value: () => expect.unreachable() });
      return encoder.encode(batch) as Uint8Array[];
    });
    const again = Buffer.concat([...chunks, ...(encoder.end() as Uint8Array[])]);
    expect(again.equals(small())).toBe(true);
  });

  it("refuses a message that is larger than the limit", async () => {
    const options = { max_message_mb: 0.0001 };
    await expect(decodeAll(small(), { options })).rejects.toThrow(invalid(/larger than the limit of 104/));
    await expect(decodeFile(small(), { options })).rejects.toThrow(invalid(/larger than the limit of 104/));
  });
});

describe("Arrow streams", () => {
  const stream = encodeAll(arrowStreamFormat, SCHEMA, COLUMNS, 2);

  it("without an end-of-stream mark are read where that is asked for", async () => {
    const open = stream.subarray(0, -8);
    await expect(decodeAll(open)).rejects.toThrow(invalid(/ends without the end-of-stream mark/));
    const read = await decodeAll(open, { options: { require_end: false } });
    expect(read.columns).toEqual(COLUMNS);
    await expect(decodeAll(open.subarray(0, -8), { options: { require_end: false } })).rejects.toThrow(
      invalid(/in the middle of a message/),
    );
  });

  it("are not read beyond their end in silence", async () => {
    await expect(decodeAll(Buffer.concat([stream, stream]))).rejects.toThrow(invalid(/more bytes follow/));
  });

  it("of another form are refused", async () => {
    await expect(decodeAll(Buffer.from("id,name\n1,x\n"))).rejects.toThrow(invalid(/does not begin as an Arrow/));
    await expect(decodeFile(Buffer.from("FEA1\0\0\0\0 old feather"))).rejects.toThrow(invalid(/does not begin as/));
    await expect(decodeAll(Buffer.alloc(0))).rejects.toThrow(invalid(/it is empty/));
  });
});

describe("Arrow files", () => {
  it("whose footer names other batches are refused where they are read in order", async () => {
    const three = encodeAll(arrowFormat, SCHEMA, COLUMNS, 1);
    const two = encodeAll(
      arrowFormat,
      SCHEMA,
      COLUMNS.map((column) => column.slice(0, 2)),
      1,
    );
    const footerOf = (bytes: Buffer): Buffer =>
      bytes.subarray(bytes.length - 10 - bytes.readInt32LE(bytes.length - 10));
    const mixed = Buffer.concat([three.subarray(0, three.length - footerOf(three).length), footerOf(two)]);
    await expect(decodeAll(mixed)).rejects.toThrow(invalid(/footer names others/));
    expect((await decodeFile(mixed)).columns).toEqual(COLUMNS.map((column) => column.slice(0, 2)));
  });
});
