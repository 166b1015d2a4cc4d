import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnOf } from "../../../lib/contract/column.ts";
import { compileConverter, describeMisfit, Misfit } from "../../../lib/contract/convert.ts";
import { NumberText } from "../../../lib/contract/json.ts";
import { parseType } from "../../../lib/contract/types.ts";

interface Vector {
  readonly type: string;
  readonly text: string;
  readonly cell?: unknown;
  readonly misfit?: string;
}

const vectors = JSON.parse(
  readFileSync(new URL("../../vectors/text-to-type.json", import.meta.url), "utf8"),
) as Vector[];

/** A cell as the table writes it. */
function written(cell: unknown): unknown {
  if (typeof cell === "bigint") return `${cell}n`;
  if (typeof cell === "number" && !Number.isFinite(cell)) return String(cell);
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("hex");
  return cell;
}

describe("compileConverter", () => {
  it.each(vectors.map((vector) => [vector.type, JSON.stringify(vector.text), vector] as const))(
    "%s of %s",
    (_, __, vector) => {
      const type = parseType(vector.type);
      const made = compileConverter(type)(vector.text);
      if (vector.misfit === undefined) {
        expect(written(made)).toEqual(vector.cell);
      } else {
        expect(made).toBeInstanceOf(Misfit);
        expect((made as Misfit).code).toBe(vector.misfit);
        expect(describeMisfit(made as Misfit, vector.text, type)).toMatch(/^"/);
      }
    },
  );

  it("has at least one accepted and one refused text for every type but string", () => {
    const types = new Set(vectors.map((vector) => vector.type.replace(/\(.*|<.*/, "")));
    for (const type of types) {
      const own = vectors.filter((vector) => vector.type.startsWith(type));
      expect(
        own.some((vector) => vector.misfit === undefined),
        type,
      ).toBe(true);
      if (type !== "string")
        expect(
          own.some((vector) => vector.misfit !== undefined),
          type,
        ).toBe(true);
    }
  });

  it.each<[string, unknown, unknown]>([
    ["string", 5, "5"],
    ["string", -0, "-0"],
    ["string", 12345678901234567890n, "12345678901234567890"],
    ["string", true, "true"],
    ["string", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["integer", 5n, 5],
    ["integer", 2n ** 60n, 2n ** 60n],
    ["integer", -0, 0],
    ["double", 5n, 5],
    ["double", Number.NaN, Number.NaN],
    ["boolean", 1, true],
    ["boolean", 0n, false],
    ["decimal(10,2)", 1.5, "1.50"],
    ["decimal(10,2)", 3n, "3.00"],
    ["decimal(30,10)", new NumberText("12345678901234567.0123456789"), "12345678901234567.0123456789"],
    ["date", new Date(Date.UTC(2024, 1, 29)), "2024-02-29"],
    ["timestamptz", new Date(Date.UTC(1969, 11, 31, 23, 59, 59, 999)), "1969-12-31T23:59:59.999000Z"],
    ["binary", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ])("takes a %s from a JavaScript value", (type, value, cell) => {
    expect(compileConverter(parseType(type))(value)).toEqual(cell);
  });

  it.each<[string, unknown, string]>([
    ["integer", 2 ** 53, "unsafe"],
    ["integer", 1.5, "syntax"],
    ["integer", 2n ** 63n, "range"],
    ["integer", true, "kind"],
    ["integer", {}, "kind"],
    ["double", 2n ** 53n + 1n, "unsafe"],
    ["double", "", "syntax"],
    ["boolean", 2, "syntax"],
    ["decimal(4,2)", 0.001, "scale"],
    ["decimal(4,2)", {}, "kind"],
    ["string", {}, "kind"],
    ["string", [], "kind"],
    ["string", new Uint8Array(1), "kind"],
    ["date", new Date(1), "time_of_day"],
    ["date", 20240101, "kind"],
    ["timestamp", 0, "kind"],
    ["timestamp", new Date(Number.NaN), "syntax"],
    ["binary", 5, "kind"],
    ["array", {}, "kind"],
    ["object", [], "kind"],
  ])("refuses %s of %s", (type, value, code) => {
    const made = compileConverter(parseType(type))(value);
    expect(made).toBeInstanceOf(Misfit);
    expect((made as Misfit).code).toBe(code);
  });

  it("takes 64-bit integers exactly, and no others", () => {
    const convert = compileConverter(parseType("integer"));
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 70n), 2n ** 70n), (value) => {
        const made = convert(value.toString());
        if (value >= -(2n ** 63n) && value < 2n ** 63n) expect(BigInt(made as number)).toBe(value);
        else expect(made).toBeInstanceOf(Misfit);
      }),
    );
  });

  it("takes every double that JavaScript prints, to the last bit", () => {
    const convert = compileConverter(parseType("double"));
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(Object.is(convert(Object.is(value, -0) ? "-0" : String(value)), value)).toBe(true);
      }),
    );
  });

  it("is idempotent: a cell converts to itself", () => {
    for (const vector of vectors.filter(({ cell }) => cell !== undefined)) {
      const convert = compileConverter(parseType(vector.type));
      const cell = convert(vector.text);
      expect(convert(cell), `${vector.type} ${vector.text}`).toEqual(cell);
    }
  });

  it("finds the members of an object that are declared, and only those", () => {
    const type = {
      kind: "object" as const,
      properties: [
        { name: "__proto__", type: parseType("integer"), nullable: false },
        { name: "toString", type: parseType("string"), nullable: true },
      ],
    };
    const convert = compileConverter(type);
    expect(JSON.stringify(convert('{"__proto__": "7", "x": 1}'))).toBe('{"__proto__":7,"toString":null}');
    expect(convert("{}")).toBeInstanceOf(Misfit);
  });
});

describe("columnOf", () => {
  it.each<[string, unknown, unknown]>([
    ["integer", 2n ** 60n, 2n ** 60n],
    ["integer", 7, 7n],
    ["double", 1.5, 1.5],
    ["decimal(10,2)", "-1.50", -150n],
    ["boolean", false, false],
    ["date", "1969-12-31", -1],
    ["time", "00:00:01.000001", 1_000_001n],
    ["timestamp", "1970-01-01T00:00:00.000001", 1n],
    ["timestamptz", "1969-12-31T23:59:59.999999Z", -1n],
    ["string", "x", "x"],
  ])("gives %s as Arrow has it", (type, cell, value) => {
    const column = columnOf("c", parseType(type), [null, cell]);
    expect([column.length, column.nullCount, column.isNull(0), column.isNull(1)]).toEqual([2, 1, true, false]);
    expect(column.values[1]).toEqual(value);
  });
});
