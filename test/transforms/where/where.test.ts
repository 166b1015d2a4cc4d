import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { Provenance } from "../../../lib/contract/provenance.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { parseType } from "../../../lib/contract/types.ts";
import { Where } from "../../../transforms/where/where.ts";
import { askDuckDB } from "../../support/duckdb.ts";

const SCHEMA = new Schema(
  Object.entries({
    id: "integer",
    n: "integer",
    x: "decimal(6,2)",
    s: "string",
    b: "boolean",
    d: "date",
    t: "timestamp",
    z: "timestamptz",
  }).map(([name, type]) => ({ name, type: parseType(type), nullable: true })),
);

function keep(condition: string, rows: readonly Record<string, unknown>[], schema = SCHEMA) {
  const rejects: Reject[] = [];
  let filtered = 0;
  const where = new Where(condition);
  where.ctx = {
    ...INERT_CONTEXT,
    reject: (reject) => void rejects.push(reject),
    filtered: (count) => {
      filtered += count;
    },
  };
  where.open(schema);
  const batch = RowBatch.fromRows(rows, schema, { provenance: Provenance.numbered("a.csv", 1) });
  const kept = [...where.apply(batch).rows()];
  return { kept, rejects, filtered };
}

const keptIds = (condition: string, rows: readonly Record<string, unknown>[]): unknown[] =>
  keep(condition, rows).kept.map(({ id }) => id);

const cell = <T>(...values: T[]): fc.Arbitrary<T | null> => fc.constantFrom<T | null>(null, ...values);
const anyRow = fc.record({
  n: cell(-1, 0, 1, 2),
  x: cell("-1.50", "0.00", "0.10", "2.00"),
  s: cell("", "a", "b", "it's"),
  b: cell(true, false),
  d: cell("2023-12-31", "2024-01-01"),
});
const operator = fc.constantFrom("==", "=", "!=", "<>", "<", "<=", ">", ">=");
const literals: Readonly<Record<string, fc.Arbitrary<string>>> = {
  n: fc.constantFrom("-1", "0", "1", "1.5"),
  x: fc.constantFrom("-1.5", "0", "0.1", "2"),
  s: fc.constantFrom("''", "'a'", "'it''s'"),
  b: fc.constantFrom("true", "false"),
  d: fc.constantFrom("'2024-01-01'", "'2023-12-31'"),
};
const { condition } = fc.letrec<{ condition: string }>((tie) => {
  const inner = fc.tuple(tie("condition"), tie("condition"));
  const ofField = fc.constantFrom(...Object.entries(literals)).chain(([name, literal]) =>
    fc.oneof(
      fc.tuple(operator, literal).map(([sign, value]) => `${name} ${sign} ${value}`),
      fc.array(literal, { minLength: 1, maxLength: 3 }).map((values) => `${name} in (${values.join(", ")})`),
      fc.constantFrom(`${name} is null`, `${name} is not null`),
    ),
  );
  return {
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      ofField,
      inner.map(([a, b]) => `(${a} and ${b})`),
      inner.map(([a, b]) => `${a} or ${b}`),
      tie("condition").map((a) => `not (${a})`),
    ),
  };
});

describe("Where", () => {
  it("keeps what SQL keeps, with its three values", { timeout: 60_000 }, async () => {
    const many = fc.array(condition, { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 30 }), many, async (found, conditions) => {
        const rows = found.map((row, id) => ({ id, ...row, t: null, z: null }));
        const sql = (value: unknown): string =>
          typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
        const values = rows.map(
          ({ id, n, x, s, b, d }) =>
            `(${id}, ${n}::bigint, ${sql(x)}::decimal(6,2), ${sql(s)}::varchar, ${b}::boolean, ${sql(d)}::date)`,
        );
        const columns = conditions.map((each, index) => `list(id order by id) filter (${each}) as c${index}`);
        const [answer] = await askDuckDB(
          `select ${columns.join(", ")} from (values ${values.join(", ")}) as t(id, n, x, s, b, d)`,
        );
        for (const [index, each] of conditions.entries()) {
          const wanted = JSON.parse(answer?.[`c${index}`] ?? "[]");
          expect([each, keptIds(each, rows)]).toEqual([each, wanted]);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("compares instants as such, however they are spelled", () => {
    const rows = [
      { id: 1, t: "2024-01-01T10:00:00.000000", z: "2024-01-01T10:00:00.000000Z", d: "2024-01-01" },
      { id: 2, t: "2024-01-01T10:00:00.500000", z: "2024-01-01T10:00:00.500000Z", d: "2024-01-02" },
    ];
    expect(keptIds("t == '2024-01-01 10:00:00'", rows)).toEqual([1]);
    expect(keptIds("t > '2024-01-01T10:00:00'", rows)).toEqual([2]);
    expect(keptIds("t >= '2024-01-01'", rows)).toEqual([1, 2]);
    expect(keptIds("z <= '2024-01-01T12:00:00+02:00'", rows)).toEqual([1]);
    expect(keptIds("z in ('2024-01-01T10:00:00.5Z')", rows)).toEqual([2]);
    expect(keptIds("d < '2024-01-02'", rows)).toEqual([1]);
  });

  it.each([
    ["d == 'x'", "where: 'x' cannot be compared with field 'd', which is a date"],
    ["t > '2024-13-01'", "where: '2024-13-01' cannot be compared with field 't', which is a timestamp"],
  ])("refuses %s before anything flows", (source, message) => {
    expect(() => keep(source, [])).toThrow(
      expect.objectContaining({ code: "DTV_OPTION_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it("rejects records whose value cannot be compared, and goes on", () => {
    const schema = Schema.lexical(["id", "n"]);
    const rows = [
      { id: "1", n: "5" },
      { id: "2", n: "many" },
      { id: "3", n: null },
      { id: "4", n: "50" },
    ];
    const { kept, rejects, filtered } = keep("n > 9", rows, schema);
    expect(kept).toEqual([{ id: "4", n: "50" }]);
    expect(filtered).toBe(2);
    expect(rejects).toEqual([
      expect.objectContaining({
        source: "a.csv",
        row: 2,
        record: expect.stringContaining("many"),
        faults: [{ column: "n", rule: "where", reason: "is no number, and is compared with 9" }],
      }),
    ]);
  });

  it("does not look at what cannot change the outcome", () => {
    const { kept, rejects } = keep("s == 'a' and n > 'x'", [{ id: 1, s: "b", n: 1 }]);
    expect([kept, rejects]).toEqual([[], []]);
  });

  it("names the field that it takes a wrong name for", () => {
    expect(() => keep("idd == 1", [])).toThrow(
      expect.objectContaining({
        code: "DTV_OPTION_INVALID",
        message: "where: there is no field 'idd'; did you mean 'id'?",
        hint: "The fields are id, n, x, s, b, d, t, z.",
      }),
    );
  });

  it("takes a field that records without a header do not have yet for null", () => {
    const open = RowBatch.fromRows([{ a: 1 }]).schema;
    expect(keep("b is null and a == 1", [{ a: 1 }], open).kept).toHaveLength(1);
    expect(keep("b == 1", [{ a: 1 }], open).filtered).toBe(1);
  });
});
