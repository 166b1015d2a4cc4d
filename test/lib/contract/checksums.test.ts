import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  addChecksums,
  ChecksumBuilder,
  type ColumnChecksum,
  checksumsIn,
  describeDifference,
} from "../../../lib/contract/checksums.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { parseType } from "../../../lib/contract/types.ts";

interface Vector extends ColumnChecksum {
  readonly note: string;
  readonly type: string;
  readonly cells: readonly (string | null)[];
}

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "..", "vectors", "checksums.json"), "utf8"),
) as Vector[];

function sumOf(type: string, ...batches: (readonly unknown[])[]): ColumnChecksum {
  const schema = new Schema([{ name: "c", type: parseType(type), nullable: true }]);
  const builder = new ChecksumBuilder(schema);
  for (const cells of batches) builder.add(RowBatch.fromColumns(schema, [cells], cells.length));
  return builder.build()[0] as ColumnChecksum;
}

/** A cell as a row has it, of its text. */
function cellOf(type: string, text: string | null): unknown {
  if (text === null) return null;
  switch (type) {
    case "integer":
      return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
    case "double":
      return Number(text);
    case "boolean":
      return text === "true";
    case "binary":
      return new Uint8Array(Buffer.from(text, "hex"));
    default:
      return text;
  }
}

describe("the checksum of a column", () => {
  it.each(vectors)("of $type: $note", ({ type, cells: texts, values, nulls, sum }) => {
    const cells = texts.map((text) => cellOf(type, text));
    const expected = { name: "c", type, values, nulls, sum };
    expect(sumOf(type, cells)).toEqual(expected);
    expect(sumOf(type, [...cells].reverse())).toEqual(expected);
    expect(sumOf(type, ...cells.map((cell) => [cell]))).toEqual(expected);
  });

  it("is the same of an integer as a number and as a bigint", () => {
    expect(sumOf("integer", [1n, -5n])).toEqual(sumOf("integer", [1, -5]));
  });

  it("differs where one value does", () => {
    const [none, one, other] = [
      ["a", "b"],
      ["a", "c"],
      ["b", "b"],
    ].map((cells) => sumOf("string", cells).sum);
    expect(new Set([none, one, other]).size).toBe(3);
    expect(sumOf("timestamp", ["2024-01-01T00:00:00.000000"]).sum).not.toBe(
      sumOf("timestamptz", ["2024-01-01T00:00:00.000000Z"]).sum,
    );
  });

  it("counts lists and objects, and sums none, nor values of another kind than the type", () => {
    expect(sumOf("array<integer>", [[1], null])).toEqual({ name: "c", values: 1, nulls: 1 });
    expect(sumOf("object", [{ a: 1 }, undefined])).toEqual({ name: "c", values: 1, nulls: 1 });
    expect(sumOf("integer", [1], ["2"], [3])).toEqual({ name: "c", values: 3, nulls: 0 });
  });
});

describe("checksums", () => {
  const one = [sumOf("string", ["a", null])];
  const two = [sumOf("string", ["b"])];

  it("of several files come to that of all their records", () => {
    expect(addChecksums([one, two])).toEqual([sumOf("string", ["b", null, "a"])]);
    expect(addChecksums([one])).toEqual(one);
  });

  it("are none where a file has none, or other columns", () => {
    expect(addChecksums([])).toBeUndefined();
    expect(addChecksums([one, undefined])).toBeUndefined();
    expect(addChecksums([undefined, one])).toBeUndefined();
    expect(addChecksums([one, [sumOf("integer", [1])]])).toBeUndefined();
  });

  it("are taken from a writer only as they are to be", () => {
    expect(checksumsIn({ checksums: one })).toEqual(one);
    const [sum] = one;
    for (const checksums of [
      undefined,
      null,
      "x",
      [null],
      [{ ...sum, sum: "1" }],
      [{ ...sum, values: -1 }],
      [{ ...sum, type: undefined }],
    ]) {
      expect(checksumsIn({ checksums })).toBeUndefined();
    }
  });

  it("say what differs", () => {
    const sum = one[0] as ColumnChecksum;
    expect(describeDifference(sum, sum)).toBeUndefined();
    expect(describeDifference(sum, undefined)).toBe("is missing");
    expect(describeDifference(sum, sumOf("string", ["a", "a"]))).toBe("has 2 values and 0 nulls, not 1 and 1");
    expect(describeDifference(sum, sumOf("string", ["b", null]))).toBe("holds other values");
    const list = sumOf("array", [[1]]);
    expect(describeDifference(list, list)).toBe("has no checksum to tell by");
  });
});
