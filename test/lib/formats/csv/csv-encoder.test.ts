import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DativoError } from "../../../../lib/contract/errors.ts";
import type { Encoder } from "../../../../lib/contract/format.ts";
import { NumberText } from "../../../../lib/contract/json.ts";
import { Provenance } from "../../../../lib/contract/provenance.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { type Field, Schema } from "../../../../lib/contract/schema.ts";
import { parseType } from "../../../../lib/contract/types.ts";
import { csvFormat } from "../../../../lib/formats/csv/csv-format.ts";
import { decodeWell } from "./decode.ts";

function encoderFor(schema: Schema, options: object = {}): Encoder {
  return csvFormat.encoder?.(options, { schema, metadata: {} }) as Encoder;
}

/** The text of columns of cells, each with the type given. */
function write(columns: Record<string, [type: string, ...cells: unknown[]]>, options: object = {}): string {
  const schema = schemaOf(columns);
  const cells = Object.values(columns).map(([, ...cells]) => cells);
  const encoder = encoderFor(schema, options);
  const batch = RowBatch.fromColumns(schema, cells, cells[0]?.length ?? 0);
  return Buffer.concat([...(encoder.encode(batch) as Uint8Array[]), ...(encoder.end() as Uint8Array[])]).toString();
}

function schemaOf(columns: Record<string, [type: string, ...cells: unknown[]]>): Schema {
  return new Schema(
    Object.entries(columns).map(([name, [type]]): Field => ({ name, type: parseType(type), nullable: true })),
  );
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as DativoError).code;
  }
  throw new Error("it did not throw");
}

describe("a header", () => {
  it("comes once, before the first records", () => {
    const schema = Schema.lexical(["a", "b"]);
    const encoder = encoderFor(schema);
    const batch = RowBatch.fromColumns(schema, [["1"], ["2"]], 1);
    const text = (chunks: unknown): string => Buffer.concat(chunks as Uint8Array[]).toString();
    expect(text(encoder.encode(batch))).toBe("a,b\n1,2\n");
    expect(text(encoder.encode(batch))).toBe("1,2\n");
    expect(text(encoder.flush())).toBe("");
    expect(text(encoder.end())).toBe("");
    expect(encoder.bufferedBytes).toBe(0);
  });

  it("comes without records too", () => {
    expect(write({ a: ["string"], b: ["string"] })).toBe("a,b\n");
  });

  it("can be left out", () => {
    expect(write({ a: ["string", "1"] }, { header: false })).toBe("1\n");
  });

  it("is quoted like any record", () => {
    expect(write({ 'a"': ["string", "1"], "b,": ["string", "2"], "": ["string", "3"] })).toBe('"a""","b,",""\n1,2,3\n');
  });
});

describe("a cell is written", () => {
  it.each([
    ["string", "x", "x"],
    ["integer", -5, "-5"],
    ["integer", 9_007_199_254_740_993n, "9007199254740993"],
    ["double", 0.1, "0.1"],
    ["double", -0, "-0"],
    ["double", 1e300, "1e+300"],
    ["double", Number.NaN, "NaN"],
    ["double", Number.POSITIVE_INFINITY, "Infinity"],
    ["double", Number.NEGATIVE_INFINITY, "-Infinity"],
    ["decimal(38,2)", "-123456789012345678901234567890.10", "-123456789012345678901234567890.10"],
    ["boolean", true, "true"],
    ["boolean", false, "false"],
    ["date", "2024-02-29", "2024-02-29"],
    ["time", "23:59:59.000001", "23:59:59.000001"],
    ["timestamp", "2024-02-29T23:59:59.000001", "2024-02-29T23:59:59.000001"],
    ["timestamptz", "2024-02-29T23:59:59.000001Z", "2024-02-29T23:59:59.000001Z"],
    ["binary", Uint8Array.of(255, 0, 254), "/wD+"],
    ["array<integer>", [1, 2n ** 60n, null], '"[1,1152921504606846976,null]"'],
    ["array<decimal(20,2)>", ["12345678901234567.89"], "[12345678901234567.89]"],
    ["array", [Number.NaN, new Date(0)], '"[""NaN"",""1970-01-01T00:00:00.000Z""]"'],
    ["object", { a: 1, b: [2n ** 63n], __proto__: null }, '"{""a"":1,""b"":[9223372036854775808]}"'],
  ])("%s %s", (type, cell, text) => {
    expect(write({ a: [type, cell] })).toBe(`a\n${text}\n`);
  });

  it("as it is, where it has no type yet", () => {
    const schema = Schema.lexical(["a"]);
    const cells = [
      "x",
      1.5,
      2n ** 70n,
      true,
      new NumberText("1.00000000000000000001"),
      new Date(0),
      Uint8Array.of(1),
      { b: 1 },
    ];
    const [, bytes] = encoderFor(schema).encode(RowBatch.fromColumns(schema, [cells], cells.length)) as Uint8Array[];
    expect(
      Buffer.from(bytes ?? [])
        .toString()
        .split("\n"),
    ).toEqual([
      "x",
      "1.5",
      "1180591620717411303424",
      "true",
      "1.00000000000000000001",
      "1970-01-01T00:00:00.000Z",
      "AQ==",
      '"{""b"":1}"',
      "",
    ]);
  });

  it("in quotes where it holds a delimiter, a quote or a line end", () => {
    expect(write({ a: ["string", "x,y", 'x"y', "x\ny", "x\ry", " x "] })).toBe(
      'a\n"x,y"\n"x""y"\n"x\ny"\n"x\ry"\n x \n',
    );
  });
});

describe("no value and empty text", () => {
  it("differ", () => {
    expect(write({ a: ["string", null, ""], b: ["string", "", null] })).toBe('a,b\n,""\n"",\n');
  });

  it("differ with any null_value", () => {
    const columns: Parameters<typeof write>[0] = { a: ["string", null, "", "NULL"], b: ["integer", null, 1, 2] };
    expect(write(columns, { null_value: "NULL" })).toBe('a,b\nNULL,NULL\n"",1\n"NULL",2\n');
  });

  it("make no empty line in a table of one column", () => {
    expect(write({ a: ["string", null, "x"] })).toBe('a\n""\nx\n');
  });

  it("a field that a batch has not is no value", () => {
    const schema = Schema.lexical(["a", "b"]);
    const bytes = encoderFor(schema).encode(RowBatch.fromColumns(Schema.lexical(["b"]), [["1"]], 1)) as Uint8Array[];
    expect(Buffer.concat(bytes).toString()).toBe("a,b\n,1\n");
  });
});

describe("options", () => {
  it("delimiter, quote_char and line_ending", () => {
    expect(
      write({ a: ["string", "x;y'"], b: ["string", '"'] }, { delimiter: ";", quote_char: "'", line_ending: "\r\n" }),
    ).toBe("a;b\r\n'x;y''';\"\r\n");
    expect(write({ a: ["string", "x"], b: ["string", "y\tz"] }, { delimiter: "tab" })).toBe('a\tb\nx\t"y\tz"\n');
  });

  const payloads = [
    ..."=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
      .split("")
      .flatMap((lead) => [`${lead}cmd|'/C calc'!A0`, `${lead}1+1`, lead]),
    '=HYPERLINK("http://x","y")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
  ];

  it("escape_formulas: prefix makes text of every formula, in names too", () => {
    expect(payloads.length).toBeGreaterThan(30);
    for (const payload of payloads) {
      const text = write({ [payload]: ["string", payload], z: ["string", "=1"] }, { escape_formulas: "prefix" });
      expect(text).not.toMatch(/(?:^|[,\n])"?[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/);
      expect(text).toContain("'=1");
      expect(text).toMatch(/^"?'/);
    }
  });

  it("escape_formulas: prefix leaves numbers, dates and other text alone", () => {
    const columns: Parameters<typeof write>[0] = {
      a: ["integer", -1],
      b: ["decimal(5,2)", "-1.50"],
      c: ["double", -1.5],
      d: ["string", "x=1"],
    };
    expect(write(columns, { escape_formulas: "prefix" })).toBe("a,b,c,d\n-1,-1.50,-1.5,x=1\n");
  });

  it("escape_formulas: none, the default, changes nothing", () => {
    for (const payload of payloads) {
      const bare = payload.replaceAll('"', "").replaceAll(/[\r\n,]/g, "");
      expect(write({ a: ["string", bare], b: ["string", "x"] })).toBe(bare === "" ? 'a,b\n"",x\n' : `a,b\n${bare},x\n`);
    }
  });
});

describe("an encoding", () => {
  const bytesOf = (options: object, ...cells: string[]): Buffer => {
    const schema = Schema.lexical(["n\xe4me"]);
    const encoder = encoderFor(schema, options);
    const batch = RowBatch.fromColumns(schema, [cells], cells.length, { provenance: Provenance.numbered("src", 1) });
    return Buffer.concat([...(encoder.encode(batch) as Uint8Array[]), ...(encoder.end() as Uint8Array[])]);
  };

  it.each([
    ["utf-8", Buffer.from("n\xe4me\nx\n")],
    ["latin1", Buffer.from("n\xe4me\nx\n", "latin1")],
    ["windows-1252", Buffer.from("n\xe4me\nx\n", "latin1")],
    ["utf-16le", Buffer.from("\uFEFFn\xe4me\nx\n", "utf16le")],
    ["utf-16", Buffer.from("\uFEFFn\xe4me\nx\n", "utf16le")],
    ["utf-16be", Buffer.from("\uFEFFn\xe4me\nx\n", "utf16le").swap16()],
  ])("%s has its bytes, and its mark where it always has one", (encoding, bytes) => {
    expect(bytesOf({ encoding }, "x")).toEqual(bytes);
  });

  it("has a mark in UTF-8 on demand, once, also without a header or records", () => {
    expect(bytesOf({ bom: true }, "x")).toEqual(Buffer.from("\uFEFFn\xe4me\nx\n"));
    expect(bytesOf({ bom: true, header: false })).toEqual(Buffer.from("\uFEFF"));
  });

  it("comes back, whatever the text", () => {
    const options = fc.record({
      encoding: fc.constantFrom("utf-8", "latin1", "windows-1252", "utf-16", "utf-16le", "utf-16be"),
      delimiter: fc.constantFrom(",", "tab"),
    });
    const text = fc.string({
      unit: fc.constantFrom("a", ",", '"', "\n", "\r", "é", "€", "\x85", "\u0122", "\u{1F600}", "\uFEFF"),
    });
    fc.assert(
      fc.property(options, fc.array(text, { minLength: 1, maxLength: 5 }), (options, cells) => {
        const known = { "utf-8": /^/, latin1: /^[\0-\xff]*$/, "windows-1252": /^[\0-\x7f\xa0-\xff€]*$/ };
        const fits = known[options.encoding as keyof typeof known] ?? /^/;
        if (!cells.every((cell) => fits.test(cell))) {
          expect(codeOf(() => bytesOf(options, ...cells))).toBe("DTV_VALUE_UNFIT");
          return;
        }
        const decoded = decodeWell(csvFormat, bytesOf(options, ...cells), { options: { ...options, null_values: [] } });
        expect([decoded.names, decoded.rows]).toEqual([["n\xe4me"], cells.map((cell) => [cell])]);
      }),
      { numRuns: 500 },
    );
  });

  it("is never filled up with question marks: field, record and character are named", () => {
    expect(() => bytesOf({ encoding: "latin1" }, "x", "1 €")).toThrow(
      "Field 'n\xe4me' at src, record 2 holds '€' (U+20AC), which latin1 cannot spell",
    );
    const schema = schemaOf({ a: ["object"] });
    const nested = RowBatch.fromColumns(schema, [[{ b: "€" }]], 1);
    expect(codeOf(() => encoderFor(schema, { encoding: "latin1" }).encode(nested))).toBe("DTV_VALUE_UNFIT");
    expect(() => encoderFor(Schema.lexical(["€"]), { encoding: "latin1" })).toThrow("The name of field '€' holds '€'");
  });
});

describe("what cannot be written", () => {
  it("is half a surrogate pair", () => {
    const schema = Schema.lexical(["a", "b"]);
    const provenance = Provenance.numbered("src", 7);
    const batch = RowBatch.fromColumns(
      schema,
      [
        ["x", "y"],
        ["z", "\ud800"],
      ],
      2,
      { provenance },
    );
    expect(() => encoderFor(schema).encode(batch)).toThrow(
      "Field 'b' at src, record 8 holds half of a surrogate pair, which UTF-8 cannot spell",
    );
    expect(codeOf(() => encoderFor(schema).encode(batch))).toBe("DTV_VALUE_UNFIT");
  });

  it("is a value without text", () => {
    expect(codeOf(() => write({ a: ["object", { f: () => {} }] }))).toBe("DTV_VALUE_UNFIT");
  });

  it("is a table without columns", () => {
    expect(codeOf(() => encoderFor(new Schema([])))).toBe("DTV_SCHEMA_INVALID");
  });
});
