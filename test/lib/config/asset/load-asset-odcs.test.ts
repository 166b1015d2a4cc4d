import { describe, expect, it } from "vitest";
import { loadAsset } from "../../../../lib/config/asset/load-asset.ts";
import type { Finding } from "../../../../lib/config/document/config-fault.ts";
import { errorOf, load, smallJob, workspace } from "../workspace.ts";

const HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\n";

async function read(text: string, object?: string) {
  const planned: Finding[] = [];
  const cwd = workspace({ "a.yaml": text });
  const asset = await loadAsset("a.yaml", { cwd, env: {}, object, onPlanned: (finding) => planned.push(finding) });
  return {
    asset,
    planned: planned.map(({ path, message }) => `${path.replace(/^schema\.0\.properties\.0\.?/, "")}: ${message}`),
  };
}

/** One property, its keys in flow style. */
const property = (keys: string) => read(`${HEAD}schema: [{ name: t, properties: [{ name: c, ${keys} }] }]\n`);

describe("types", () => {
  it.each([
    ["logicalType: string", "string"],
    ["logicalType: string, physicalType: varchar(18)", "string"],
    ["logicalType: integer", "integer"],
    ["logicalType: number", "double"],
    ["logicalType: number, physicalType: DOUBLE", "double"],
    ["logicalType: number, physicalType: 'DECIMAL(12,2)'", "decimal(12,2)"],
    ["logicalType: number, physicalType: 'numeric ( 12 , 2 )'", "decimal(12,2)"],
    ["logicalType: number, physicalType: decimal", "decimal"],
    ["logicalType: number, physicalType: 'NUMBER(10,2)'", "decimal(10,2)"],
    ["logicalType: number, physicalType: NUMBER", "double"],
    ["logicalType: boolean", "boolean"],
    ["logicalType: date", "date"],
    ["logicalType: date, logicalTypeOptions: { format: yyyy-MM-dd }", "date"],
    ["logicalType: date, physicalType: timestamp", "timestamp"],
    ["logicalType: date, logicalTypeOptions: { format: 'yyyy-MM-dd HH:mm:ss' }", "timestamp"],
    ["logicalType: date, logicalTypeOptions: { format: 'HH:mm:ss' }", "time"],
    ["logicalType: time", "time"],
    ["logicalType: time, logicalTypeOptions: { format: 'HH:mm:ss.SSS', timezone: false }", "time"],
    ["logicalType: timestamp", "timestamp"],
    ["logicalType: timestamp, logicalTypeOptions: { timezone: true }", "timestamptz"],
    ["logicalType: timestamp, logicalTypeOptions: { timezone: true, defaultTimezone: Etc/UTC }", "timestamptz"],
    ["logicalType: timestamp, physicalType: TIMESTAMPTZ", "timestamptz"],
    ["logicalType: timestamp, physicalType: timestamp with time zone", "timestamptz"],
    ["logicalType: timestamp, logicalTypeOptions: { format: \"yyyy-MM-dd'T'HH:mm:ssXXX\" }", "timestamptz"],
    ["logicalType: timestamp, logicalTypeOptions: { format: 'yyyy-MM-ddTHH:mm:ssZ' }", "timestamptz"],
    ["logicalType: timestamp, logicalTypeOptions: { format: 'YYYY-MM-DDTHH:mm:ss.SSSZ' }", "timestamptz"],
    ["logicalType: timestamp, logicalTypeOptions: { format: 'yyyy-MM-dd HH:mm' }", "timestamp"],
    ["logicalType: object", "object"],
    ["logicalType: array", "array"],
    ["physicalType: BIGINT", "bigint"],
    ["physicalType: 'decimal(8,3)'", "decimal(8,3)"],
  ])("%s → %s", async (keys, type) => {
    const { asset, planned } = await property(keys);
    expect(asset.schema[0]?.type).toBe(type);
    expect(planned).toEqual([]);
  });

  it.each([
    [
      "logicalType: date, logicalTypeOptions: { format: dd.MM.yyyy }",
      "logicalTypeOptions.format: reading dates and times as 'dd.MM.yyyy'; ISO 8601 is read",
    ],
    [
      "logicalType: timestamp, logicalTypeOptions: { format: 'MM/dd/yyyy HH:mm' }",
      "logicalTypeOptions.format: reading dates and times as 'MM/dd/yyyy HH:mm'; ISO 8601 is read",
    ],
    [
      "logicalType: time, logicalTypeOptions: { format: 'hh:mm a' }",
      "logicalTypeOptions.format: reading dates and times as 'hh:mm a'; ISO 8601 is read",
    ],
    ["logicalType: time, logicalTypeOptions: { timezone: true }", "logicalTypeOptions.timezone: times with an offset"],
    [
      "logicalType: timestamp, logicalTypeOptions: { defaultTimezone: Europe/Rome }",
      "logicalTypeOptions.defaultTimezone: timestamps in a time zone other than UTC",
    ],
    [
      "logicalType: map, map: { key: { logicalType: string }, value: { logicalType: string } }",
      "map: checking inside maps",
    ],
  ])("%s is not built", async (keys, finding) => {
    expect((await property(keys)).planned).toEqual([finding]);
  });

  it("a property without any type is text, and that is said", async () => {
    const text = `${HEAD}schema: [{ name: people, properties: [{ name: c }] }]\n`;
    const job = await load(smallJob(), {}, { "assets/people.yaml": text });
    expect(job.asset.schema).toEqual([{ name: "c", type: "string" }]);
    expect(job.warnings.map(({ place, message }) => `${place}: ${message}`)).toEqual([
      "assets/people.yaml:6:39  schema.0.properties.0: has no logicalType: taken as string",
    ]);
  });

  it("members and elements have types and rules of their own", async () => {
    const { asset } = await read(`${HEAD}
schema:
  - name: t
    properties:
      - name: address
        logicalType: object
        logicalTypeOptions: { required: [city] }
        properties:
          - { name: city, logicalType: string }
          - { name: zip, logicalType: string, logicalTypeOptions: { pattern: "^[0-9]{5}$" } }
      - name: lines
        logicalType: array
        items:
          logicalType: object
          properties: [{ name: price, logicalType: number, physicalType: "DECIMAL(9,2)" }]
`);
    expect(asset.schema).toEqual([
      {
        name: "address",
        type: "object",
        properties: [
          { name: "city", type: "string", required: true },
          { name: "zip", type: "string", pattern: "^[0-9]{5}$" },
        ],
      },
      {
        name: "lines",
        type: "array",
        items: { type: "object", properties: [{ name: "price", type: "decimal(9,2)" }] },
      },
    ]);
  });

  it("a decimal that cannot be is a fault of physicalType", async () => {
    const error = await errorOf(property("logicalType: number, physicalType: 'DECIMAL(99,2)'"));
    expect(error.message).toContain("schema.0.properties.0.physicalType: decimal(99,2) is out of range");
  });
});

describe("faults", () => {
  it.each([
    ["logicalType: map", "schema.0.properties.0.map: is required: the types of key and value"],
    [
      "logicalType: strin",
      "schema.0.properties.0.logicalType: expected one of 'string', 'date', 'timestamp', 'time', 'number', 'integer', 'object', 'array', 'boolean', 'map', got 'strin'; did you mean 'string'?",
    ],
    [
      "logicalType: string, enum: [{ value: [1] }]",
      "schema.0.properties.0.enum.0.value: expected a text, a number or a truth value",
    ],
    ["logicalType: string, enum: []", "schema.0.properties.0.enum: needs at least one entry"],
    [
      "logicalType: string, logicalTypeOptions: { minlength: 1 }",
      "schema.0.properties.0.logicalTypeOptions.minlength: unknown key 'minlength'; did you mean 'minLength'?",
    ],
  ])("%s", async (keys, message) => {
    expect((await errorOf(property(keys))).message.replace(/^a\.yaml:\d+:\d+ {2}/, "")).toBe(message);
  });

  it("an object without properties", async () => {
    const error = await errorOf(read(`${HEAD}schema: [{ name: t, physicalType: topic }]\n`));
    expect(error.message).toBe("a.yaml:6:10  schema.0.properties: is required: the fields that every record has");
  });
});

describe("rules", () => {
  it.each([
    [
      "logicalType: string, required: true, unique: true, classification: pii",
      { required: true, unique: true, classification: "pii" },
    ],
    ["logicalType: string, primaryKey: true, primaryKeyPosition: 1", { primaryKey: true }],
    ["logicalType: string, required: false, unique: false", {}],
    [
      "logicalType: string, logicalTypeOptions: { minLength: 1, maxLength: 9, pattern: a+, format: uuid }",
      { minLength: 1, maxLength: 9, pattern: "a+", format: "uuid" },
    ],
    ["logicalType: string, logicalTypeOptions: { format: password }", {}],
    [
      "logicalType: integer, logicalTypeOptions: { minimum: 1, exclusiveMaximum: 9 }",
      { minimum: 1, exclusiveMaximum: 9 },
    ],
    [
      "logicalType: integer, logicalTypeOptions: { minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false }",
      { exclusiveMinimum: 1, maximum: 9 },
    ],
    ["logicalType: integer, logicalTypeOptions: { format: u8 }", { minimum: 0, maximum: 255 }],
    ["logicalType: integer, logicalTypeOptions: { format: i32, minimum: 5 }", { minimum: 5, maximum: 2147483647 }],
    ["logicalType: integer, logicalTypeOptions: { format: i64 }", {}],
    ["logicalType: number, logicalTypeOptions: { format: f32, minimum: 0.5 }", { minimum: 0.5 }],
    ["logicalType: number, physicalType: 'DECIMAL(5,2)', logicalTypeOptions: { minimum: 0.50 }", { minimum: "0.50" }],
    [
      "logicalType: date, logicalTypeOptions: { minimum: 2020-01-01, exclusiveMaximum: '2021-01-01' }",
      { minimum: "2020-01-01", exclusiveMaximum: "2021-01-01" },
    ],
    ["logicalType: string, enum: [{ value: 00501 }, { value: b, label: B }]", { enum: ["00501", "b"] }],
    ["logicalType: integer, enum: [{ value: 1 }, { value: 2 }]", { enum: [1, 2] }],
    ["logicalType: string, quality: [{ metric: nullValues, mustBe: 0 }]", { required: true }],
    [
      "logicalType: string, quality: [{ type: library, rule: nullCheck, mustBe: 0, severity: error, unit: rows }]",
      { required: true },
    ],
    ["logicalType: string, quality: [{ metric: duplicateValues, mustBe: 0, unit: percent }]", { unique: true }],
    [
      "logicalType: string, quality: [{ metric: invalidValues, mustBe: 0, arguments: { validValues: [00501, kg] } }]",
      { enum: ["00501", "kg"] },
    ],
    [
      "logicalType: string, quality: [{ metric: invalidValues, mustBe: 0, arguments: { pattern: ^a } }]",
      { pattern: "^a" },
    ],
    ["logicalType: string, quality: [{ type: text, description: Must be true }]", {}],
    [
      "logicalType: string, partitioned: true, partitionKeyPosition: 1, criticalDataElement: true, encryptedName: e, transformLogic: l, examples: [1], businessName: b, tags: [t], semanticType: dimension, synonyms: [{ synonym: s }], relationships: [{ to: x.y }]",
      {},
    ],
  ])("%s", async (keys, rules) => {
    const { asset, planned } = await property(keys);
    const { name: _, type: __, ...rest } = asset.schema[0] as unknown as Record<string, unknown>;
    expect(rest).toEqual(rules);
    expect(planned).toEqual([]);
  });

  it.each([
    [
      "logicalType: integer, logicalTypeOptions: { multipleOf: 5 }",
      "logicalTypeOptions.multipleOf: checking multipleOf",
    ],
    [
      "logicalType: array, logicalTypeOptions: { minItems: 1, maxItems: 3, uniqueItems: true }",
      "logicalTypeOptions.minItems: checking minItems",
      "logicalTypeOptions.maxItems: checking maxItems",
      "logicalTypeOptions.uniqueItems: checking uniqueItems",
    ],
    ["logicalType: array, logicalTypeOptions: { minItems: 0, uniqueItems: false }"],
    [
      "logicalType: object, logicalTypeOptions: { minProperties: 1, maxProperties: 5 }",
      "logicalTypeOptions.minProperties: checking minProperties",
      "logicalTypeOptions.maxProperties: checking maxProperties",
    ],
    [
      "logicalType: object, logicalTypeOptions: { required: [a] }",
      "logicalTypeOptions.required.0: requiring 'a', which is not among the properties",
    ],
    [
      "logicalType: integer, logicalTypeOptions: { format: u64 }",
      "logicalTypeOptions.format: numbers of the size 'u64'",
    ],
    [
      "logicalType: string, logicalTypeOptions: { format: byte }",
      "logicalTypeOptions.format: checking the format 'byte'",
    ],
    [
      "logicalType: string, quality: [{ metric: nullValues, mustBeLessThan: 1, unit: percent }]",
      "quality.0: checking the quality rule 'nullValues mustBeLessThan 1'",
    ],
    [
      "logicalType: string, quality: [{ metric: nullValues, mustBe: 0, severity: warning }]",
      "quality.0: checking the quality rule 'nullValues mustBe 0'",
    ],
    [
      "logicalType: string, quality: [{ metric: missingValues, mustBe: 0, arguments: { missingValues: [''] } }]",
      "quality.0: checking the quality rule 'missingValues mustBe 0'",
    ],
    [
      "logicalType: string, quality: [{ metric: invalidValues, mustBe: 0 }]",
      "quality.0: checking the quality rule 'invalidValues mustBe 0'",
    ],
    [
      "logicalType: string, quality: [{ type: sql, query: 'SELECT ${column} FROM ${table}', mustBe: 0 }]",
      "quality.0: checking quality rules of type 'sql'",
    ],
    [
      "logicalType: string, quality: [{ type: custom, engine: soda, implementation: '${x}' }]",
      "quality.0: checking quality rules of type 'custom'",
    ],
    [
      "logicalType: string, logicalTypeOptions: { pattern: a }, quality: [{ metric: invalidValues, mustBe: 0, arguments: { pattern: b } }]",
      "quality: checking two patterns of one property",
    ],
  ])("%s", async (keys, ...findings) => {
    expect((await property(keys)).planned).toEqual(findings);
  });

  it("on the records together", async () => {
    const object = (quality: string) =>
      read(
        `${HEAD}schema: [{ name: t, properties: [{ name: a, logicalType: string, primaryKey: true }, { name: b, logicalType: string, primaryKey: true }, { name: c, logicalType: string }], quality: [${quality}] }]\n`,
      );
    const duplicates = (names: string): string =>
      `{ metric: duplicateValues, mustBe: 0, arguments: { properties: [${names}] } }`;
    expect((await object(duplicates("c"))).asset.schema[2]).toEqual({ name: "c", type: "string", unique: true });
    expect((await object(duplicates("b, a"))).planned).toEqual([]);
    expect((await object("{ type: text, description: x }")).planned).toEqual([]);
    expect((await object(duplicates("a, c"))).planned).toEqual([
      "schema.0.quality.0: checking the quality rule 'duplicateValues mustBe 0'",
    ]);
    expect((await object("{ metric: rowCount, mustBeBetween: [1, 9] }")).planned).toEqual([
      "schema.0.quality.0: checking the quality rule 'rowCount mustBeBetween [1,9]'",
    ]);
  });
});

describe("the document", () => {
  const two = `${HEAD}schema: [{ name: orders, properties: [{ name: a, logicalType: string }] }, { name: lines, properties: [{ name: b, logicalType: integer, logicalTypeOptions: { multipleOf: 2 } }] }]\n`;

  it("a schema object is chosen by the job's label, or by the file's object", async () => {
    expect((await read(two, "lines")).asset.schema[0]?.name).toBe("b");
    expect((await read(two, "lines")).planned).toEqual([
      "schema.1.properties.0.logicalTypeOptions.multipleOf: checking multipleOf",
    ]);
    expect((await read(two, "orders")).planned).toEqual([]);
    expect((await read(`${two}object: lines\n`)).asset.name).toBe("lines");
    expect((await read(`${two}object: lines\n`, "orders")).asset.name).toBe("orders");
    const job = await load(smallJob("asset: orders\n"), {}, { "assets/people.yaml": two });
    expect(job.asset.name).toBe("orders");
    const error = await errorOf(read(two));
    expect(error.message).toBe(
      "a.yaml:6:9  schema: has several objects (orders, lines); name one with 'object' here or 'asset' in the job",
    );
  });

  it("one object needs no choice, whatever the job's label is", async () => {
    const text = `${HEAD}name: A contract\nschema: [{ name: t, properties: [{ name: a, logicalType: string }] }]\n`;
    const { asset } = await read(text, "something else");
    expect(asset).toMatchObject({ name: "t", id: "x", version: "1.0.0" });
    expect(asset.document).toMatchObject({ name: "A contract", apiVersion: "v3.1.0" });
  });

  it.each([
    ["3.0, a list", "team: [{ username: u, role: Owner }]"],
    ["3.1, a mapping", "team: { name: n, members: [{ username: u, role: owner }] }"],
  ])("the owner of the team in %s becomes a tag", async (_, team) => {
    const text = `${HEAD}${team}\nschema: [{ name: people, properties: [{ name: a, logicalType: string }] }]\n`;
    const job = await load(smallJob(), {}, { "assets/people.yaml": text });
    expect(job.tags["governance.owner"]).toBe("u");
    expect(job.warnings).toEqual([]);
  });

  it.each(["v3.0.0", "v3.0.2", "v3.1.0", "v3.2.0", "3.1.0"])("apiVersion %s is read", async (version) => {
    const text = HEAD.replace("v3.1.0", version);
    expect(
      (await read(`${text}schema: [{ name: t, properties: [{ name: a, logicalType: string }] }]\n`)).asset.name,
    ).toBe("t");
  });

  it("everything else of the standard is accepted and kept", async () => {
    const { asset, planned } = await read(`${HEAD}
name: c
tenant: T
dataProduct: P
domain: D
description: { purpose: p, limitations: null, usage: u, authoritativeDefinitions: [{ type: t, url: u }] }
tags: [a]
servers: [{ server: s, type: postgres, host: h, port: 1 }]
support: [{ channel: c, tool: slack }]
price: { priceAmount: 9.95, priceCurrency: USD }
roles: [{ role: r, access: read }]
slaDefaultElement: t.a
slaProperties: [{ property: latency, value: 4, unit: d }]
authoritativeDefinitions: [{ type: canonical, url: u }]
customProperties: [{ property: p, value: null }]
contractCreatedTs: "2022-11-15T02:59:43+00:00"
context: { instructions: x }
schema:
  - { id: i, name: t, logicalType: object, physicalName: t_1, physicalType: table, businessName: b, description: d, dataGranularityDescription: g, tags: [x], relationships: [{ from: [t.a], to: [u.b] }], context: {}, properties: [{ id: j, name: a, logicalType: string }] }
`);
    expect(planned).toEqual([]);
    expect(asset).toMatchObject({ domain: "D", dataProduct: "P", description: "d", tags: ["a"] });
    expect(asset.document).toMatchObject({ tenant: "T", servers: [{ host: "h" }], context: { instructions: "x" } });
  });

  it("unknown keys are faults", async () => {
    const error = await errorOf(
      read(`${HEAD}slaPropertie: []\nschema: [{ name: t, properties: [{ name: a, logicalTyp: string }] }]\n`),
    );
    expect(error.message.split("\n")).toEqual([
      "a.yaml:6:1  slaPropertie: unknown key 'slaPropertie'; did you mean 'slaProperties'?",
      "a.yaml:7:45  schema.0.properties.0.logicalTyp: unknown key 'logicalTyp'; did you mean 'logicalType'?",
    ]);
  });
});

it("rules that no value can keep are placed where the standard has them", async () => {
  const keys = "logicalType: integer, logicalTypeOptions: { maximum: 1, minimum: 10 }";
  expect((await errorOf(property(keys))).message).toBe(
    "a.yaml:6:110  schema.0.properties.0.logicalTypeOptions.minimum: no value can keep it: it asks for 10, and the upper bound is 1",
  );
});
