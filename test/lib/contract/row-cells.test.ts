import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row } from "../../../lib/contract/batch.ts";
import { cellsOf, copyColumns, namesOf } from "../../../lib/contract/row-cells.ts";

class Point {
  readonly a: unknown;
  constructor(a: unknown) {
    this.a = a;
  }
  get b(): string {
    return `b of ${this.a}`;
  }
}

const value = fc.oneof(fc.integer(), fc.string(), fc.constantFrom(null, undefined, true, 2n ** 60n, Number.NaN));
const name = fc.constantFrom("a", "b", "c", "1", "0", "toString", "__proto__", "é");
const plain = fc.dictionary(name, value, { noNullPrototype: true });
/** Rows of every making: of one shape, with names that come and go, of classes, with what they inherit. */
const row: fc.Arbitrary<object> = fc.oneof(
  fc.record({ a: value, b: value, c: value }),
  plain,
  fc.dictionary(name, value, { noNullPrototype: false }),
  value.map((a) => new Point(a)),
  fc.tuple(plain, plain).map(([own, inherited]) => Object.assign(Object.create(inherited), own)),
  value.map((hidden) => Object.defineProperty({ a: 1 }, "c", { value: hidden, enumerable: false })),
  fc.constantFrom(new Map([["a", 1]]), new Date(0)),
);
const rows = fc.oneof(fc.array(row, { maxLength: 6 }), fc.array(fc.record({ a: value, b: value }), { maxLength: 6 }));

describe("copyColumns", () => {
  it("finds in rows of any making what a look at every name of every row finds", () => {
    const known = fc.uniqueArray(name, { maxLength: 3 });
    fc.assert(
      fc.property(rows, known, (made, names) => {
        const given = made as Row[];
        const wanted = namesOf(given, names);
        const columns = wanted.map((field) => cellsOf(given, field));
        expect(copyColumns(given, names)).toStrictEqual({ names: wanted, columns });
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps nothing of the rows that could change", () => {
    const bytes = Uint8Array.of(1, 2);
    const given = [{ list: [{ deep: [1] }], bytes, at: new Date(0) }];
    const { columns } = copyColumns(given);
    given[0]?.list[0]?.deep.push(2);
    bytes[0] = 9;
    expect(columns).toEqual([[[{ deep: [1] }]], [Uint8Array.of(1, 2)], [new Date(0)]]);
  });

  it("has no columns for no rows, but those that are known", () => {
    expect(copyColumns([])).toEqual({ names: [], columns: [] });
    expect(copyColumns([], ["a"])).toEqual({ names: ["a"], columns: [[]] });
    expect(copyColumns([{}, {}], ["a"])).toEqual({ names: ["a"], columns: [[null, null]] });
  });
});
