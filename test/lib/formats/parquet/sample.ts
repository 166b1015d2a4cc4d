import { type Field, Schema } from "../../../../lib/contract/schema.ts";
import { type DataType, parseType } from "../../../../lib/contract/types.ts";

/** A column of cells with every value that is hard to carry, `null` among them unless the field is required. */
interface Sample {
  readonly type: DataType;
  readonly cells: readonly unknown[];
}

const MAX_DIGITS = "9".repeat(38);

export const SAMPLES: Readonly<Record<string, Sample>> = {
  text: {
    type: parseType("string"),
    cells: ["", "a", "Zürich", "日本語", "🙂 emoji", "line\nbreak", "nul\u0000inside", "x".repeat(50), "\ufffd"],
  },
  whole: {
    type: parseType("integer"),
    cells: [
      0,
      1,
      -1,
      2 ** 31,
      -(2 ** 31) - 1,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
      2n ** 53n,
      2n ** 53n + 1n,
      -(2n ** 53n) - 1n,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ],
  },
  real: {
    type: parseType("double"),
    cells: [0, -0, 1.5, -1e-300, Number.MAX_VALUE, Number.MIN_VALUE, Number.NaN, Infinity, -Infinity, 0.1 + 0.2],
  },
  truth: { type: parseType("boolean"), cells: [true, false] },
  price: { type: parseType("decimal(9,2)"), cells: ["0.00", "-0.01", "9999999.99", "-9999999.99"] },
  rate: {
    type: parseType("decimal(18,4)"),
    cells: ["0.0000", "0.0001", "99999999999999.9999", "-99999999999999.9999"],
  },
  mass: {
    type: parseType("decimal(38,9)"),
    cells: ["0.000000000", "0.000000001", `${MAX_DIGITS.slice(9)}.${MAX_DIGITS.slice(0, 9)}`, "-1.000000001"],
  },
  count: { type: parseType("decimal(38,0)"), cells: ["0", MAX_DIGITS, `-${MAX_DIGITS}`, "12345678901234567890"] },
  day: { type: parseType("date"), cells: ["1970-01-01", "0001-01-01", "9999-12-31", "1969-12-31", "2024-02-29"] },
  clock: { type: parseType("time"), cells: ["00:00:00.000000", "23:59:59.999999", "12:34:56.000001"] },
  local: {
    type: parseType("timestamp"),
    cells: [
      "1970-01-01T00:00:00.000000",
      "1969-12-31T23:59:59.999999",
      "0001-01-01T00:00:00.000000",
      "9999-12-31T23:59:59.999999",
      "2024-02-29T12:34:56.789012",
    ],
  },
  instant: {
    type: parseType("timestamptz"),
    cells: ["1970-01-01T00:00:00.000000Z", "1500-01-01T01:02:03.000004Z", "2262-04-12T00:00:00.000000Z"],
  },
  bytes: {
    type: parseType("binary"),
    cells: [new Uint8Array(), new Uint8Array([0]), new Uint8Array([255, 0, 128, 7])],
  },
  tags: {
    type: parseType("array<string>"),
    cells: [[], ["a"], ["a", null, ""], [null], ["x", "y", "z"]],
  },
  matrix: {
    type: parseType("array<array<integer>>"),
    cells: [[], [[]], [[1], [], [2, 3, null]], [null], [[2n ** 60n]]],
  },
  place: {
    type: {
      kind: "object",
      properties: [
        { name: "city", type: parseType("string"), nullable: true },
        { name: "zip", type: parseType("integer"), nullable: false },
        { name: "built", type: parseType("date"), nullable: true },
      ],
    },
    cells: [
      record({ city: "Bern", zip: 3000, built: "1191-01-01" }),
      record({ city: null, zip: 2n ** 62n, built: null }),
      record({ city: "", zip: 0, built: "2000-01-01" }),
    ],
  },
  orders: {
    type: {
      kind: "array",
      items: {
        kind: "object",
        properties: [
          { name: "sum", type: parseType("decimal(12,2)"), nullable: false },
          { name: "lines", type: parseType("array<string>"), nullable: true },
          {
            name: "at",
            type: { kind: "object", properties: [{ name: "t", type: parseType("timestamp"), nullable: true }] },
            nullable: true,
          },
        ],
      },
    },
    cells: [
      [],
      [record({ sum: "1.50", lines: ["a", null], at: record({ t: "2020-01-01T00:00:00.000001" }) })],
      [
        record({ sum: "-0.01", lines: null, at: null }),
        null,
        record({ sum: "0.00", lines: [], at: record({ t: null }) }),
      ],
    ],
  },
};

/** `rows` records of every sample, the cells of each column in turn; `null` is the last of them where it may be. */
export function sampleTable(rows: number, nullable: boolean): { schema: Schema; columns: unknown[][] } {
  const names = Object.keys(SAMPLES);
  const fields = names.map((name): Field => ({ name, type: sampleOf(name).type, nullable }));
  const columns = names.map((name) => {
    const { cells } = sampleOf(name);
    const cycle = nullable ? [...cells, null] : cells;
    return Array.from({ length: rows }, (_, i) => cycle[i % cycle.length]);
  });
  return { schema: new Schema(fields), columns };
}

/** As cells hold objects: without a prototype. */
export function record(members: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null), members);
}

function sampleOf(name: string): Sample {
  return SAMPLES[name] as Sample;
}
