import { describe, expect, it } from "vitest";
import type { DativoError } from "../../../../lib/contract/errors.ts";
import type { Encoder } from "../../../../lib/contract/format.ts";
import { NumberText } from "../../../../lib/contract/json.ts";
import { Provenance } from "../../../../lib/contract/provenance.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { type Field, Schema } from "../../../../lib/contract/schema.ts";
import { type DataType, parseType } from "../../../../lib/contract/types.ts";
import { jsonlFormat } from "../../../../lib/formats/jsonl/jsonl-format.ts";

function encoderFor(schema: Schema, options: object = {}): Encoder {
  return jsonlFormat.encoder?.(options, { schema, metadata: {} }) as Encoder;
}

function writeBatch(schema: Schema, columns: unknown[][], options: object = {}): string {
  const batch = RowBatch.fromColumns(schema, columns, columns[0]?.length ?? 0);
  const encoder = encoderFor(schema, options);
  return Buffer.concat([...(encoder.encode(batch) as Uint8Array[]), ...(encoder.end() as Uint8Array[])]).toString();
}

/** What a single cell of a type is written as. */
function write(type: string | DataType, cell: unknown, options: object = {}): string {
  const field: Field = { name: "a", type: typeof type === "string" ? parseType(type) : type, nullable: true };
  return /^\{"a":(.*)\}\n$/s.exec(writeBatch(new Schema([field]), [[cell]], options))?.[1] as string;
}

function faultOf(run: () => unknown): DativoError {
  try {
    run();
  } catch (error) {
    return error as DativoError;
  }
  throw new Error("it did not throw");
}

describe("a record", () => {
  it("is one object a line, in the order of the schema", () => {
    const schema = Schema.lexical(["b", "a"]);
    expect(
      writeBatch(schema, [
        ["x", null],
        [1, true],
      ]),
    ).toBe('{"b":"x","a":1}\n{"b":null,"a":true}\n');
  });

  it("has null for a field that the batch has not", () => {
    const batch = RowBatch.fromColumns(Schema.lexical(["b"]), [["x"]], 1);
    const [bytes] = encoderFor(Schema.lexical(["a", "b"])).encode(batch) as Uint8Array[];
    expect(Buffer.from(bytes ?? []).toString()).toBe('{"a":null,"b":"x"}\n');
  });

  it("may have no fields", () => {
    const [bytes] = encoderFor(new Schema([])).encode(RowBatch.fromColumns(new Schema([]), [], 2)) as Uint8Array[];
    expect(Buffer.from(bytes ?? []).toString()).toBe("{}\n{}\n");
  });

  it("is not there in an empty batch", () => {
    expect(writeBatch(Schema.lexical(["a"]), [[]])).toBe("");
  });

  it("takes any name", () => {
    const names = ["__proto__", "constructor", 'say "hi"\n', "toString"];
    const text = writeBatch(Schema.lexical(names), [["1"], ["2"], ["3"], ["4"]]);
    expect(Object.entries(JSON.parse(text))).toEqual(names.map((name, i) => [name, String(i + 1)]));
  });
});

describe("a cell is written", () => {
  it.each([
    ["string", 'x"\n\u{1F600}', '"x\\"\\n\u{1F600}"'],
    ["integer", 5, "5"],
    ["integer", -(2n ** 63n), "-9223372036854775808"],
    ["double", 0.1, "0.1"],
    ["double", 1e21, "1e+21"],
    ["double", 33914384652474190, "3.391438465247419e+16"],
    ["double", -(2 ** 53 - 1), "-9007199254740991"],
    ["double", -0, "-0"],
    ["decimal(38,9)", "12345678901234567890.123456789", "12345678901234567890.123456789"],
    ["decimal(5,2)", "-0.50", "-0.50"],
    ["boolean", false, "false"],
    ["date", "2024-02-29", '"2024-02-29"'],
    ["time", "00:00:00.000000", '"00:00:00.000000"'],
    ["timestamptz", "2024-02-29T23:59:59.000001Z", '"2024-02-29T23:59:59.000001Z"'],
    ["binary", Uint8Array.of(255, 0, 254), '"/wD+"'],
    ["array", [1, "x", null, [2n ** 64n]], '[1,"x",null,[18446744073709551616]]'],
    ["array<decimal(20,1)>", ["12345678901234567.5", null], "[12345678901234567.5,null]"],
    ["object", { a: new NumberText("1.00"), b: undefined, c: Uint8Array.of(1) }, '{"a":1.00,"c":"AQ=="}'],
    ["object", JSON.parse('{"__proto__":{"x":1}}'), '{"__proto__":{"x":1}}'],
  ])("%s %s", (type, cell, text) => {
    expect(write(type, cell)).toBe(text);
  });

  it("by the types of the members, where they are known", () => {
    const type: DataType = {
      kind: "object",
      properties: [
        { name: "d", type: parseType("decimal(30,2)"), nullable: true },
        { name: "b", type: parseType("binary"), nullable: true },
        { name: "toString", type: parseType("string"), nullable: true },
      ],
    };
    expect(write(type, { b: Uint8Array.of(1), d: "123456789012345678901.10" })).toBe(
      '{"d":123456789012345678901.10,"b":"AQ==","toString":null}',
    );
  });

  it("as it is, where it has no type yet", () => {
    const cells = ["x", 1.5, 2n ** 70n, true, new NumberText("1.00000000000000000001"), new Date(0), [null]];
    const lines = writeBatch(Schema.lexical(["a"]), [cells])
      .trimEnd()
      .split("\n");
    expect(lines).toEqual(
      [
        '"x"',
        "1.5",
        "1180591620717411303424",
        "true",
        "1.00000000000000000001",
        '"1970-01-01T00:00:00.000Z"',
        "[null]",
      ].map((value) => `{"a":${value}}`),
    );
  });
});

describe("options", () => {
  it("decimals: string writes them as text, within arrays too", () => {
    expect(write("decimal(5,2)", "1.50", { decimals: "string" })).toBe('"1.50"');
    expect(write("array<decimal(5,2)>", ["1.50"], { decimals: "string" })).toBe('["1.50"]');
  });

  it("non_finite: null or string", () => {
    for (const [value, word] of [
      [Number.NaN, "NaN"],
      [Number.POSITIVE_INFINITY, "Infinity"],
      [Number.NEGATIVE_INFINITY, "-Infinity"],
    ] as const) {
      expect(write("double", value, { non_finite: "null" })).toBe("null");
      expect(write("double", value, { non_finite: "string" })).toBe(`"${word}"`);
      expect(write("array", [value], { non_finite: "string" })).toBe(`["${word}"]`);
    }
  });

  it("are checked", () => {
    expect(faultOf(() => encoderFor(Schema.lexical(["a"]), { decimals: "float" })).code).toBe("DTV_OPTION_INVALID");
  });
});

describe("what JSON has not is refused, with field and place", () => {
  it("NaN and the infinities", () => {
    const schema = new Schema([{ name: "price", type: { kind: "double" }, nullable: true }]);
    const batch = RowBatch.fromColumns(schema, [[1, Number.NaN]], 2, { provenance: Provenance.numbered("src", 7) });
    const error = faultOf(() => encoderFor(schema).encode(batch));
    expect(error.code).toBe("DTV_VALUE_UNFIT");
    expect(error.message).toBe(
      'Field \'price\' at src, record 8 is NaN, which JSON has not; set non_finite to "null" or "string" to write it',
    );
  });

  it.each([
    ["NaN within an object", "object", { a: [Number.NaN] }],
    ["a function", "object", { a: () => {} }],
    ["half of a surrogate pair", "string", "a\ud83d"],
    ["half of a surrogate pair in a name", "object", { "\\\udc00": 1 }],
    ["a decimal that is none", "decimal(5,2)", '1,"x":2'],
    ["a decimal that JSON would not read", "decimal(5,2)", "007"],
  ])("%s", (_, type, cell) => {
    expect(faultOf(() => write(type, cell)).code).toBe("DTV_VALUE_UNFIT");
  });

  it("but not text that only looks like half of a surrogate pair", () => {
    for (const text of ["\\ud83d", "\\\\udc00", "\u{1f600}"]) expect(JSON.parse(write("string", text))).toBe(text);
  });

  it("a value that holds itself", () => {
    const cell: unknown[] = [];
    cell.push(cell);
    expect(faultOf(() => write("array", cell)).message).toContain("nested deeper than 100 levels, or holds itself");
  });
});
