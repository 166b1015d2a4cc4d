import { describe, expect, test } from "vitest";
import type { DativoError } from "../../../../lib/contract/errors.ts";
import { Provenance } from "../../../../lib/contract/provenance.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { type DataType, parseType } from "../../../../lib/contract/types.ts";
import { parquetFormat } from "../../../../lib/formats/parquet/parquet-format.ts";
import { decodeAll, encodeAll } from "./codec.ts";

function schemaOf(type: DataType | string, nullable = true): Schema {
  return new Schema([{ name: "c", type: typeof type === "string" ? parseType(type) : type, nullable }]);
}

async function roundTrip(type: DataType | string, cells: readonly unknown[]): Promise<unknown[]> {
  return (await decodeAll(await encodeAll(schemaOf(type), [cells]))).columns[0] as unknown[];
}

async function failure(type: DataType | string, cells: readonly unknown[], nullable = true): Promise<DativoError> {
  return (await encodeAll(schemaOf(type, nullable), [cells]).then(
    () => new Error("it was written"),
    (error: unknown) => error,
  )) as DativoError;
}

describe("a cell in another form than its type's own is brought to it", () => {
  test.each<[string, unknown, unknown]>([
    ["integer", "12", 12],
    ["integer", 5n, 5],
    ["double", "1.5", 1.5],
    ["boolean", "yes", true],
    ["decimal(9,2)", 1.5, "1.50"],
    ["decimal(9,2)", "1.5", "1.50"],
    ["decimal(9,2)", "0001.50", "1.50"],
    ["decimal(9,2)", "12345", "12345.00"],
    ["decimal(9,2)", "-0.00", "0.00"],
    ["decimal(9,2)", "15e-1", "1.50"],
    ["decimal(9,0)", "-7", "-7"],
    ["decimal(38,0)", "-7", "-7"],
    ["date", new Date("2020-01-02T00:00:00Z"), "2020-01-02"],
    ["timestamptz", new Date("2020-01-02T03:04:05.006Z"), "2020-01-02T03:04:05.006000Z"],
    ["timestamp", "2020-01-02 03:04", "2020-01-02T03:04:00.000000"],
    ["timestamptz", "2020-01-02T03:04:05+02:00", "2020-01-02T01:04:05.000000Z"],
    ["timestamp", "0001-01-01T00:00:00.000001", "0001-01-01T00:00:00.000001"],
    ["time", "03:04", "03:04:00.000000"],
    ["string", 12, "12"],
    ["binary", "AAE=", new Uint8Array([0, 1])],
    ["binary", Buffer.from([0, 1]), new Uint8Array([0, 1])],
    ["array<integer>", ["1", 2], [1, 2]],
    ["array<date>", [new Date(0), undefined], ["1970-01-01", null]],
  ])("%s %o", async (type, given, expected) => {
    expect(await roundTrip(type, [null, given, undefined])).toEqual([null, expected, null]);
  });
});

describe("a cell that fits no such form is an error that names the field and the record", () => {
  test.each<[string, unknown, string]>([
    ["integer", "12x", '"12x" is not an integer'],
    ["integer", 2n ** 63n, "9223372036854775808 does not fit a 64-bit integer"],
    ["integer", 2 ** 53, "9007199254740992 is beyond 2^53"],
    ["double", "abc", '"abc" is not a double'],
    ["boolean", 2, "2 is not a boolean"],
    ["decimal(4,2)", "100.00", '"100.00" does not fit a decimal(4,2)'],
    ["decimal(4,2)", "1.005", '"1.005" has more digits after the point than decimal(4,2) holds'],
    ["date", "2021-02-29", '"2021-02-29" is not on the calendar or the clock'],
    ["timestamp", "2021-02-28T24:00:00.000000", "is not on the calendar or the clock"],
    ["timestamp", "2021-02-28T23:00:00.0000001", "is finer than a microsecond"],
    ["timestamp", "2021-02-28T23:60:00.000000", "is not on the calendar or the clock"],
    ["timestamp", "2021-02-28T23:00:60.000000", "is not on the calendar or the clock"],
    ["timestamp", "2021-02-28X23:00:00.000001", "is not a timestamp"],
    ["timestamptz", "2021-02-28T23:00:00.000001X", "is not a timestamptz"],
    ["timestamp", "2021-02-28T23-00-00.000001", "is not a timestamp"],
    ["date", "2021/02/28", "is not a date"],
    ["time", "25:00", "is not on the calendar or the clock"],
    ["binary", 1, "is not a binary"],
    ["array<integer>", [1, "x"], "is not"],
    ["array<integer>", { a: 1 }, "is not"],
  ])("%s %o", async (type, cell, reason) => {
    const error = await failure(type, [null, null, cell]);
    expect(error.code).toBe("DTV_VALUE_UNFIT");
    expect(error.culprit).toBe("c");
    expect(error.message).toMatch(/^record 3: the value of field 'c': /);
    expect(error.message).toContain(reason);
  });

  test("half of a surrogate pair is not written as U+FFFD", async () => {
    const reason = "holds half of a surrogate pair, which UTF-8 cannot hold";
    expect((await failure("string", ["ok 🙂", "bad \ud83d"])).message).toContain(reason);
    expect((await failure("array<string>", [["bad \ude00"]])).code).toBe("DTV_VALUE_UNFIT");
    const properties = [{ name: "s", type: parseType("string"), nullable: true }];
    expect((await failure({ kind: "object", properties }, [{ s: "\ud800" }])).code).toBe("DTV_VALUE_UNFIT");
  });

  test("a missing value of a required field, at the top and inside", async () => {
    const error = await failure("integer", [1, null], false);
    expect(error.message).toBe("record 2: the value of field 'c' is missing, and the field is not nullable");
    const properties = [{ name: "s", type: parseType("string"), nullable: false }];
    for (const cell of [{ s: null }, {}, { s: undefined }]) {
      expect((await failure({ kind: "object", properties }, [cell])).code).toBe("DTV_VALUE_UNFIT");
    }
  });

  test("is told with its place in the source, where that is known", async () => {
    const schema = schemaOf("integer");
    const encoder = parquetFormat.encoder?.({}, { schema, metadata: {} });
    const provenance = Provenance.numbered("people.csv", 41);
    const batch = RowBatch.fromColumns(schema, [[1, 2, "x"]], 3, { provenance });
    await encoder?.encode(batch);
    await expect(encoder?.end()).rejects.toThrow(
      "people.csv, record 43: the value of field 'c': \"x\" is not an integer",
    );
  });

  test("counts records over batches and row groups", async () => {
    const cells = Array.from({ length: 25 }, (_, i) => (i === 23 ? "x" : i));
    const writing = encodeAll(schemaOf("integer"), [cells], { options: { row_group_size: 10 }, batchRows: 7 });
    await expect(writing).rejects.toThrow("record 24: ");
  });
});

describe("zero and minus zero stay apart", () => {
  test("in columns that would make a dictionary", async () => {
    const cells = Array.from({ length: 5000 }, (_, i) => [0, -0, 1][i % 3]);
    expect(await roundTrip("double", cells)).toEqual(cells);
    const lists = cells.map((cell) => [cell, -0, 0]);
    expect(await roundTrip("array<double>", lists)).toEqual(lists);
  });
});

describe("text", () => {
  test("of any kind comes back as it was", async () => {
    const cells = ["\ufeffmark", "a\u0000b", "x".repeat(100_000), "\u{10ffff}", "\ufffe", ""];
    expect(await roundTrip("string", cells)).toEqual(cells);
  });
});
