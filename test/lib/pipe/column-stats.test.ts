import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnOf } from "../../../lib/contract/column.ts";
import { compileConverter } from "../../../lib/contract/convert.ts";
import { TextInference } from "../../../lib/contract/infer.ts";
import type { Field } from "../../../lib/contract/schema.ts";
import { type DataType, formatType, parseType } from "../../../lib/contract/types.ts";
import { ColumnStats, type ColumnSummary } from "../../../lib/pipe/column-stats.ts";

const NUMBERS = ["integer", "double", "decimal"];
const LEXICAL: Field = { name: "v", type: { kind: "string" }, nullable: true, lexical: true };

const typed = (type: string): Field => ({ name: "v", type: parseType(type), nullable: true });

function summaryOf(field: Field, cells: readonly unknown[], cuts: readonly number[] = []): ColumnSummary {
  const stats = new ColumnStats(field);
  let from = 0;
  for (const to of [...cuts.map((cut) => cut % (cells.length + 1)).sort((a, b) => a - b), cells.length]) {
    stats.add(cells.slice(from, to));
    from = to;
  }
  return stats.result();
}

/** The same, by looking at all of a column at once. */
function naively(field: Field, cells: readonly unknown[]): ColumnSummary {
  const values = cells.filter((cell) => cell !== null);
  const inference = new TextInference();
  for (const value of values) inference.add(value);
  const type: DataType = field.lexical ? inference.type : field.type;
  const converted = field.lexical ? values.map(compileConverter(type)) : values;
  const keys = columnOf("v", type, converted).values as ArrayLike<never>;
  const order = [...converted.keys()]
    .filter((index) => !Number.isNaN(keys[index] as never))
    .sort((a, b) =>
      (keys[a] as never) < (keys[b] as never) ? -1 : (keys[a] as never) > (keys[b] as never) ? 1 : a - b,
    );
  const last = order.at(-1);
  const greatest = order.find((index) => last !== undefined && keys[index] === keys[last]);
  const sum = order.map((index) => Number(converted[index])).reduce((a, b) => a + b, 0);
  const lengths = values.filter((value) => typeof value === "string").map((value) => [...value].length);
  return {
    name: "v",
    type: formatType(type),
    count: cells.length,
    nulls: cells.length - values.length,
    distinct: new Set(values).size,
    min: order[0] === undefined ? undefined : converted[order[0]],
    max: greatest === undefined ? undefined : converted[greatest],
    mean: NUMBERS.includes(type.kind) && order.length > 0 ? sum / order.length : undefined,
    longest: lengths.length > 0 ? Math.max(...lengths) : undefined,
  };
}

/** Sums of doubles depend on their order. */
const almost = ({ mean, ...rest }: ColumnSummary): unknown => ({ ...rest, mean: mean && Number(mean.toPrecision(9)) });

const column = (value: fc.Arbitrary<unknown>): fc.Arbitrary<readonly unknown[]> =>
  fc.array(fc.option(value, { freq: 6 }), { maxLength: 30 });
const cuts = fc.array(fc.nat({ max: 1000 }), { maxLength: 4 });

const integerText = fc.integer({ min: -1000, max: 1000 }).map(String);
const doubleText = fc.integer({ min: -100_000, max: 100_000 }).map((value) => String(value / 100));
const dateText = fc.constantFrom("2020-01-01", "2024-02-29", "1999-12-31");
const instantText = fc.constantFrom("2020-01-01 00:00:00", "2024-02-28T12:00:00.5", "1999-12-31T23:59:59");
const bitText = fc.constantFrom("0", "1");
const truthText = fc.constantFrom("true", "false");
const anyText = fc.string({ unit: "grapheme", maxLength: 5 });

describe("ColumnStats", () => {
  it.each([
    ["integers", integerText],
    ["integers, then doubles", fc.oneof(integerText, doubleText)],
    ["dates, then times", fc.oneof(dateText, instantText)],
    ["bits, then truth", fc.oneof(bitText, truthText)],
    ["numbers, then text", fc.oneof({ weight: 5, arbitrary: integerText }, anyText)],
    ["text", anyText],
  ])("sums up text, however it is cut: %s", (_, value) => {
    fc.assert(
      fc.property(column(value), cuts, (cells, at) => {
        expect(almost(summaryOf(LEXICAL, cells, at))).toEqual(almost(naively(LEXICAL, cells)));
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, fc.Arbitrary<unknown>]>([
    ["integer", fc.oneof(fc.integer(), fc.bigInt({ min: 2n ** 60n, max: 2n ** 62n }))],
    ["double", fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.constant(Number.NaN))],
    ["decimal(8,2)", fc.integer({ min: -99_999, max: 99_999 }).map((value) => (value / 100).toFixed(2))],
    ["date", dateText],
    ["boolean", fc.boolean()],
    ["string", anyText],
  ])("sums up values of type %s, however they are cut", (type, value) => {
    const isDouble = type === "double";
    fc.assert(
      fc.property(column(value), cuts, (cells, at) => {
        const [found, wanted] = [summaryOf(typed(type), cells, at), naively(typed(type), cells)];
        const rounded = (each: ColumnSummary): unknown =>
          isDouble ? { ...each, mean: each.mean?.toFixed(3) } : almost(each);
        expect(rounded(found)).toEqual(rounded(wanted));
      }),
    );
  });

  it("says of nothing that it is nothing", () => {
    expect(summaryOf(LEXICAL, [null, null])).toEqual({
      name: "v",
      type: "string",
      count: 2,
      nulls: 2,
      distinct: 0,
      min: undefined,
      max: undefined,
      mean: undefined,
      longest: undefined,
    });
  });

  it("tells objects and lists apart, with integers of any size in them", () => {
    const cells = [{ a: 1n }, { a: 1n }, { a: 2n ** 60n }, [1], null];
    expect(summaryOf(typed("object"), cells)).toMatchObject({ distinct: 3, nulls: 1, min: undefined, mean: undefined });
  });

  it("gives up telling values apart beyond 10,000", () => {
    const cells = Array.from({ length: 10_001 }, (_, index) => `v${index}`);
    expect(summaryOf(LEXICAL, cells.slice(1)).distinct).toBe(10_000);
    expect(summaryOf(LEXICAL, cells).distinct).toBeUndefined();
  });

  it("counts characters, and not halves of them", () => {
    expect(summaryOf(LEXICAL, ["😀😀", "abc"]).longest).toBe(3);
    expect(summaryOf(LEXICAL, ["😀😀😀😀", "abc"]).longest).toBe(4);
  });
});
