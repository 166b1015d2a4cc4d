import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssetDefinition, type FieldSpec } from "../../../lib/contract/asset.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { Provenance } from "../../../lib/contract/provenance.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { parseType } from "../../../lib/contract/types.ts";
import { MemoryBudget } from "../../../lib/stream/budget.ts";
import { Validate } from "../../../transforms/validate/validate.ts";

interface Checked {
  readonly rows: Record<string, unknown>[];
  readonly rejects: Reject[];
  readonly warnings: string[];
}

/** Runs rows of text, as a CSV file gives them, through the check of a contract. */
async function check(
  schema: readonly FieldSpec[],
  rows: readonly Record<string, unknown>[],
  {
    names,
    budget = INERT_CONTEXT.budget,
  }: { names?: string[]; budget?: MemoryBudget | typeof INERT_CONTEXT.budget } = {},
): Promise<Checked> {
  const rejects: Reject[] = [];
  const warnings: string[] = [];
  const transform = new Validate({ asset: new AssetDefinition({ name: "a", schema }) });
  transform.ctx = {
    ...INERT_CONTEXT,
    budget,
    reject: (reject) => void rejects.push(reject),
    log: { ...INERT_CONTEXT.log, warn: (message) => void warnings.push(message) },
  };
  const source = Schema.lexical(names ?? [...new Set(rows.flatMap((row) => Object.keys(row)))]);
  await transform.open(source);
  const batch = RowBatch.fromRows(rows, source, { provenance: Provenance.numbered("a.csv", 1) });
  const checked = RowBatch.from(transform.apply(batch));
  return { rows: [...checked.rows({ integers: "bigint" })], rejects, warnings };
}

/** The rules that values of one field break, in order; an empty list for a value that passes. */
async function verdicts(spec: Omit<FieldSpec, "name">, values: readonly unknown[]): Promise<string[][]> {
  const { rejects } = await check(
    [{ name: "v", ...spec }],
    values.map((v) => ({ v })),
  );
  return values.map((_, i) =>
    rejects.filter((reject) => reject.row === i + 1).flatMap((reject) => reject.faults.map((fault) => fault.rule)),
  );
}

describe("Validate", () => {
  it.each<[string, Omit<FieldSpec, "name">, [unknown, boolean][]]>([
    [
      "required",
      { type: "string", required: true },
      [
        ["x", true],
        ["", true],
        [null, false],
      ],
    ],
    [
      "type",
      { type: "integer" },
      [
        ["1", true],
        ["x", false],
        [null, true],
      ],
    ],
    [
      "enum",
      { type: "string", enum: ["a", "b"] },
      [
        ["a", true],
        ["c", false],
        ["A", false],
      ],
    ],
    [
      "enum",
      { type: "integer", enum: [1, 2] },
      [
        ["1", true],
        ["01", true],
        ["3", false],
      ],
    ],
    [
      "enum",
      { type: "decimal(5,2)", enum: ["1.5"] },
      [
        ["1.50", true],
        ["1.51", false],
      ],
    ],
    [
      "pattern",
      { type: "string", pattern: "^[0-9]{5}$" },
      [
        ["00501", true],
        ["0501", false],
        ["005011", false],
      ],
    ],
    [
      "pattern",
      { type: "string", pattern: "\\d" },
      [
        ["a1b", true],
        ["٣", false],
      ],
    ],
    [
      "minimum",
      { type: "integer", minimum: 5 },
      [
        ["5", true],
        ["4", false],
        ["9223372036854775807", true],
      ],
    ],
    [
      "minimum",
      { type: "integer", minimum: "9007199254740993" },
      [
        ["9007199254740993", true],
        ["9007199254740992", false],
      ],
    ],
    [
      "maximum",
      { type: "double", maximum: 1.5 },
      [
        ["1.5", true],
        ["1.6", false],
        ["NaN", false],
        ["-inf", true],
      ],
    ],
    [
      "exclusiveMinimum",
      { type: "decimal(5,2)", exclusiveMinimum: "-1" },
      [
        ["-0.99", true],
        ["-1.00", false],
        ["-10", false],
      ],
    ],
    [
      "exclusiveMaximum",
      { type: "date", exclusiveMaximum: "2024-01-01" },
      [
        ["2023-12-31", true],
        ["2024-01-01", false],
      ],
    ],
    [
      "minimum",
      { type: "timestamp", minimum: "2024-01-01T00:00:00" },
      [
        ["2024-01-01 00:00:00", true],
        ["2023-12-31T23:59:59.999999", false],
      ],
    ],
    [
      "maximum",
      { type: "time", maximum: "12:00" },
      [
        ["12:00:00", true],
        ["12:00:00.000001", false],
      ],
    ],
    [
      "min_length",
      { type: "string", minLength: 2 },
      [
        ["ab", true],
        ["😀", false],
        ["😀😀", true],
      ],
    ],
    [
      "max_length",
      { type: "string", maxLength: 2 },
      [
        ["😀😀", true],
        ["abc", false],
        ["é", true],
      ],
    ],
    [
      "format",
      { type: "string", format: "email" },
      [
        ["a.b+c@example.co.uk", true],
        ["a@b", false],
        ["a b@c.de", false],
        ["@c.de", false],
      ],
    ],
    [
      "format",
      { type: "string", format: "uuid" },
      [
        ["0190c3f0-7b1a-7c3d-8e4f-0123456789ab", true],
        ["0190c3f0", false],
      ],
    ],
    [
      "format",
      { type: "string", format: "uri" },
      [
        ["https://a.b/c?d=e#f", true],
        ["mailto:x@y.z", true],
        ["no uri", false],
        ["//x", false],
      ],
    ],
    [
      "format",
      { type: "string", format: "hostname" },
      [
        ["a-b.example", true],
        ["-a.b", false],
        ["a_b", false],
      ],
    ],
    [
      "format",
      { type: "string", format: "ipv4" },
      [
        ["192.168.0.255", true],
        ["192.168.0.256", false],
        ["1.2.3", false],
      ],
    ],
    [
      "format",
      { type: "string", format: "ipv6" },
      [
        ["::1", true],
        ["2001:db8::8a2e:370:7334", true],
        ["1:2:3:4:5:6:7:8:9", false],
        [":::", false],
      ],
    ],
  ])("checks %s on %j", async (rule, spec, cases) => {
    const found = await verdicts(
      spec,
      cases.map(([value]) => value),
    );
    expect(found).toEqual(cases.map(([, passes]) => (passes ? [] : [rule])));
  });

  it("finds every fault of a record, in the order of the contract", async () => {
    const { rejects, rows } = await check(
      [
        { name: "a", type: "integer", minimum: 10, enum: [20] },
        { name: "b", type: "string", required: true },
        { name: "c", type: "date" },
      ],
      [{ a: "5", b: null, c: "no" }],
    );
    expect(rows).toEqual([]);
    expect(rejects[0]?.faults.map(({ column, rule }) => `${column} ${rule}`)).toEqual([
      "a enum",
      "a minimum",
      "b required",
      "c type",
    ]);
    expect(rejects[0]?.faults.map(({ reason }) => reason)).toEqual([
      "5 is not one of 20",
      "5 is below the minimum 10",
      "a value is required",
      '"no" is not a date',
    ]);
    expect(rejects[0]).toMatchObject({ source: "a.csv", row: 1, record: '{"a":"5","b":null,"c":"no"}' });
  });

  it("gives values the types of the contract, in its order, and leaves other columns out, saying so", async () => {
    const { rows, warnings } = await check(
      [
        { name: "n", type: "integer" },
        { name: "d", type: "decimal(10,2)" },
        { name: "missing", type: "string" },
      ],
      [{ extra: "x", d: "1.5", n: "9007199254740993" }],
    );
    expect(rows).toEqual([{ n: 9007199254740993n, d: "1.50", missing: null }]);
    expect(warnings).toEqual([
      "The source: columns that are not there are null: 'missing'",
      "The source: columns that the contract does not name are left out: 'extra'",
    ]);
  });

  it("does not believe a plugin that says its values have the types", async () => {
    const asset = new AssetDefinition({ name: "a", schema: [{ name: "a", type: "integer" }] });
    const rejects: Reject[] = [];
    const transform = new Validate({ asset });
    transform.ctx = { ...INERT_CONTEXT, reject: (reject) => void rejects.push(reject) };
    const batch = RowBatch.fromRows([{ a: "abc" }, { a: 1.5 }, { a: { x: 1 } }, { a: 7 }], asset.targetSchema());
    await transform.open(batch.schema);
    expect([...transform.apply(batch)]).toEqual([{ a: 7 }]);
    expect(rejects.map((reject) => reject.faults[0]?.rule)).toEqual(["type", "type", "type"]);
  });

  it("refuses a source that has nothing of the contract, rather than giving records of nulls", async () => {
    const checking = check([{ name: "id", type: "integer" }], [{ Id: "1" }]);
    await expect(checking).rejects.toMatchObject({
      code: "DTV_COLUMN_MISSING",
      message: "The source has no column 'id'; did you mean 'Id'?",
    });
  });

  it("tells a wrong delimiter from a wrong name", async () => {
    const checking = check([{ name: "id", type: "integer" }], [{ "id;name": "1;x" }]);
    await expect(checking).rejects.toMatchObject({ hint: expect.stringContaining('delimiter: ";"') });
  });

  it("says at once that a required column is not there, and what it may be called", async () => {
    const checking = check([{ name: "zip_code", type: "string", required: true }], [{ zipcode: "1" }]);
    await expect(checking).rejects.toMatchObject({
      code: "DTV_COLUMN_MISSING",
      message: "The source has no column 'zip_code'; did you mean 'zipcode'?",
    });
  });

  it("waits for a column that may still come when records have no header", async () => {
    const rejects: Reject[] = [];
    const transform = new Validate({
      asset: new AssetDefinition({ name: "a", schema: [{ name: "a", type: "integer", required: true }] }),
    });
    transform.ctx = { ...INERT_CONTEXT, reject: (reject) => void rejects.push(reject) };
    const first = RowBatch.fromRows([{ b: 1 }]);
    await transform.open(first.schema);
    expect(RowBatch.from(transform.apply(first)).length).toBe(0);
    const second = RowBatch.fromRows([{ a: 1, b: 1 }]);
    await transform.open(second.schema);
    expect(RowBatch.from(transform.apply(second)).length).toBe(1);
    expect(rejects.map((reject) => reject.faults[0]?.rule)).toEqual(["required"]);
  });

  describe("unique", () => {
    const asset: FieldSpec[] = [
      { name: "id", type: "integer", unique: true },
      { name: "v", type: "string" },
    ];

    it("keeps the first and rejects the others; nulls are never equal", async () => {
      const { rows, rejects } = await check(asset, [
        { id: "1" },
        { id: "01" },
        { id: null },
        { id: null },
        { id: "2" },
      ]);
      expect(rows.map((row) => row["id"])).toEqual([1n, null, null, 2n]);
      expect(rejects.map((reject) => reject.row)).toEqual([2]);
    });

    it("does not let a bad first record condemn a good second one", async () => {
      const { rows } = await check(
        [
          { name: "id", type: "integer", unique: true },
          { name: "v", type: "string", required: true },
        ],
        [
          { id: "1", v: null },
          { id: "1", v: "x" },
        ],
      );
      expect(rows).toHaveLength(1);
    });

    it("does not let a record that repeats one value make its others seen", async () => {
      const { rows, rejects } = await check(
        [
          { name: "a", type: "integer", unique: true },
          { name: "b", type: "integer", unique: true },
        ],
        [
          { a: "1", b: "1" },
          { a: "2", b: "1" },
          { a: "2", b: "2" },
        ],
      );
      expect(rows).toHaveLength(2);
      expect(rejects.map((reject) => [reject.row, reject.faults.map((fault) => fault.column)])).toEqual([[2, ["b"]]]);
    });

    it("tells keys apart that JSON does not", async () => {
      const key: FieldSpec[] = [
        { name: "a", type: "double", primaryKey: true },
        { name: "b", type: "integer", primaryKey: true },
      ];
      const { rows } = await check(key, [
        { a: "NaN", b: "1" },
        { a: "inf", b: "1" },
        { a: "-inf", b: "1" },
        { a: "nan", b: "1" },
      ]);
      expect(rows).toHaveLength(3);
    });

    it("takes a primary key as a whole", async () => {
      const key: FieldSpec[] = [
        { name: "a", type: "string", primaryKey: true },
        { name: "b", type: "string", primaryKey: true },
      ];
      const { rows, rejects } = await check(key, [
        { a: "x", b: "y" },
        { a: "x", b: "z" },
        { a: "x", b: "y" },
        { a: null, b: "y" },
        { a: "x,y", b: "" },
        { a: "x", b: ",y" },
      ]);
      expect(rows).toHaveLength(4);
      expect(rejects.map((reject) => [reject.row, reject.faults[0]?.column, reject.faults[0]?.rule])).toEqual([
        [3, "a, b", "unique"],
        [4, "a", "required"],
      ]);
    });

    it("is exact: what it rejects are repeats, and it rejects all of them", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 })), async (ids) => {
          const { rows } = await check(
            asset,
            ids.map((id) => ({ id: String(id) })),
            { names: ["id", "v"] },
          );
          expect(rows.map((row) => Number(row["id"]))).toEqual([...new Set(ids)]);
        }),
      );
    });

    it("fails rather than guesses when its memory is used up", async () => {
      const rows = Array.from({ length: 20_000 }, (_, i) => ({ id: String(i), v: "" }));
      await expect(check(asset, rows, { budget: new MemoryBudget(1024 * 1024) })).rejects.toMatchObject({
        code: "DTV_UNIQUE_LIMIT",
      });
    });
  });

  it.each<[string, FieldSpec, RegExp]>([
    [
      "a pattern that RE2 has not",
      { name: "v", type: "string", pattern: "(?=x)" },
      /The pattern of field 'v' cannot be used/,
    ],
    ["a back reference", { name: "v", type: "string", pattern: "(a)\\1" }, /cannot be used/],
    [
      "a pattern on a number",
      { name: "v", type: "integer", pattern: "x" },
      /Rule 'pattern' of field 'v': it needs string/,
    ],
    ["a bound on text", { name: "v", type: "string", minimum: 1 }, /Rule 'minimum' of field 'v'/],
    ["a bound of another type", { name: "v", type: "date", minimum: "soon" }, /"soon" is not a date/],
    ["an enum value of another type", { name: "v", type: "integer", enum: ["x"] }, /"x" is not an integer/],
    ["a length of a number", { name: "v", type: "double", maxLength: 3 }, /Rule 'max_length'/],
    ["a format that is none", { name: "v", type: "string", format: "phone" }, /'phone' is not one of email/],
  ])("refuses %s before anything is read", async (_, spec, message) => {
    await expect(check([spec], [{ v: "x" }])).rejects.toMatchObject({
      code: "DTV_ASSET_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("takes a hostile pattern on long text in its stride", async () => {
    const start = performance.now();
    expect(await verdicts({ type: "string", pattern: "^(a+)+$" }, [`${"a".repeat(50_000)}!`])).toEqual([["pattern"]]);
    // A backtracking engine would not come back; the bound is not a benchmark.
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("passes typed values through without converting them again, and checks them all the same", async () => {
    const asset = new AssetDefinition({ name: "a", schema: [{ name: "n", type: "integer", minimum: 2 }] });
    const transform = new Validate({ asset });
    const source = new Schema([{ name: "n", type: parseType("integer"), nullable: true }]);
    await transform.open(source);
    const out = RowBatch.from(transform.apply(RowBatch.fromColumns(source, [[1, 2, 2n ** 60n, null]], 4)));
    expect(out.cells(0)).toEqual([2, 2n ** 60n, null]);
  });
});
