import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareCell, Incomparable } from "../../../transforms/where/compare-cell.ts";
import type { Literal, Operator } from "../../../transforms/where/parse-where.ts";

const number = (text: string): Literal => ({ kind: "number", text });
const text = (value: string): Literal => ({ kind: "text", text: value });
const truth = (value: boolean): Literal => ({ kind: "boolean", value });

/** How a cell stands to a literal, by the operators that hold. */
function standing(cell: unknown, literal: Literal): string {
  const operators: readonly Operator[] = ["<", "<=", "==", ">=", ">", "!="];
  return operators.filter((operator) => compareCell(operator, literal)(cell)).join(" ");
}

const LESS = "< <= !=";
const EQUAL = "<= == >=";
const MORE = ">= > !=";

describe("compareCell", () => {
  it.each<[unknown, Literal, string]>([
    [1, number("2"), LESS],
    [2, number("2.0"), EQUAL],
    ["10", number("9"), MORE],
    ["1.10", number("1.1"), EQUAL],
    [" 7 ", number("7"), EQUAL],
    [0.1 + 0.2, number("0.3"), MORE],
    [-0, number("0"), EQUAL],
    [9007199254740993n, number("9007199254740992"), MORE],
    ["9007199254740993", number("9007199254740993"), EQUAL],
    ["0.1000000000000000000001", number("0.1"), MORE],
    [2 ** 53, number("9007199254740993"), LESS],
    [Number.POSITIVE_INFINITY, number("12345678901234567890"), MORE],
    [Number.NEGATIVE_INFINITY, number("1"), LESS],
    [Number.NaN, number("1"), "!="],
    [Number.NaN, number("12345678901234567890"), "!="],
    ["1e400", number("1e401"), LESS],
    ["b", text("a"), MORE],
    ["Z", text("a"), LESS],
    ["", text(""), EQUAL],
    ["2024-02-01", text("2024-01-31"), MORE],
    [true, truth(true), EQUAL],
    ["false", truth(true), LESS],
  ])("%s to %j: %s", (cell, literal, wanted) => {
    expect(standing(cell, literal)).toBe(wanted);
  });

  it.each<[unknown, Literal, string]>([
    ["x", number("1"), "is no number, and is compared with 1"],
    ["", number("1"), "is no number, and is compared with 1"],
    ["1,5", number("1"), "is no number"],
    ["0x10", number("1"), "is no number"],
    [true, number("1"), "is no number"],
    [{}, number("1"), "is no number"],
    [1, text("1"), "is no text, and is compared with '1'"],
    [1, truth(true), "is neither true nor false"],
    ["yes", truth(true), "is neither true nor false"],
  ])("%s and %j are not comparable", (cell, literal, message) => {
    const compare = compareCell("==", literal);
    expect(() => compare(cell)).toThrow(Incomparable);
    expect(() => compare(cell)).toThrow(message);
  });

  it("compares decimals of any length as integers of one scale do", () => {
    const scaled = fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat({ max: 20 }));
    const asText = ([digits, scale]: readonly [bigint, number]): string => `${digits}e-${scale}`;
    fc.assert(
      fc.property(scaled, scaled, (a, b) => {
        const [left, right] = [a[0] * 10n ** BigInt(b[1]), b[0] * 10n ** BigInt(a[1])];
        const wanted = left < right ? LESS : left > right ? MORE : EQUAL;
        expect(standing(asText(a), number(asText(b)))).toBe(wanted);
      }),
    );
  });
});
