import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadAsset } from "../../../../lib/config/asset/load-asset.ts";
import type { Finding } from "../../../../lib/config/document/config-fault.ts";
import { errorOf, load, smallJob, workspace } from "../workspace.ts";

async function read(text: string, options: Parameters<typeof loadAsset>[1] = {}) {
  const planned: Finding[] = [];
  const cwd = workspace({ "a.yaml": text });
  const asset = await loadAsset("a.yaml", { cwd, env: {}, onPlanned: (finding) => planned.push(finding), ...options });
  return { asset, planned: planned.map(({ path, message }) => `${path}: ${message}`) };
}

describe("the flat form", () => {
  it("has every rule that there is", async () => {
    const { asset, planned } = await read(`
$schema: x
apiVersion: v3.0.2
kind: DataContract
id: an-id
name: orders
version: 1.0
status: active
domain: sales
dataProduct: shop
tenant: acme
description: { purpose: Orders of the shop, usage: any }
tags: [a, b]
source_type: csv
object: orders
target: { file_format: parquet, partitioning: [], mode: strict }
schema:
  - { name: id, type: integer, primary_key: true, integers: bigint, minimum: 9007199254740993 }
  - { name: zip, type: string, required: true, unique: true, pattern: "^[0-9]{5}$", min_length: 5, max_length: 5, enum: [00501, "00544", 7, true] }
  - { name: amount, type: "decimal(10,2)", minimum: 0.10, exclusive_maximum: 100.00, classification: internal, description: In euros }
  - { name: at, type: timestamptz, maximum: 2024-01-01T00:00:00Z, exclusive_minimum: 2020-01-01 }
  - { name: mail, type: text, format: email }
  - { name: state, type: integer, enum: [1, 2] }
  - { name: address, type: object, properties: [{ name: city, type: string, required: true }] }
  - { name: lines, type: array, items: { type: object, properties: [{ name: sku, type: string }] } }
team: { owner: o@example.com, roles: [{ name: N, email: E, responsibility: R }] }
compliance: { classification: [pii], regulations: [GDPR], retention_days: 30, security: { access_control: rbac, encryption_required: true }, user_consent_required: true }
data_quality: { expectations: [], monitoring: { enabled: true, oncall_rotation: x }, alerts: { channels: [c], thresholds: {} } }
change_management: { policy: non-breaking, approval_required: true, notification_channels: [n], version_history: [] }
finops: { cost_center: C, business_tags: [t], project: P, environment: production }
`);
    expect(planned).toEqual([]);
    expect(asset).toMatchObject({
      name: "orders",
      version: "1.0",
      id: "an-id",
      domain: "sales",
      dataProduct: "shop",
      description: "Orders of the shop",
      tags: ["a", "b"],
    });
    expect(asset.schema).toEqual([
      { name: "id", type: "integer", primaryKey: true, integers: "bigint", minimum: "9007199254740993" },
      {
        name: "zip",
        type: "string",
        required: true,
        unique: true,
        pattern: "^[0-9]{5}$",
        minLength: 5,
        maxLength: 5,
        enum: ["00501", "00544", "7", "true"],
      },
      {
        name: "amount",
        type: "decimal(10,2)",
        minimum: "0.10",
        exclusiveMaximum: "100.00",
        classification: "internal",
        description: "In euros",
      },
      { name: "at", type: "timestamptz", maximum: "2024-01-01T00:00:00Z", exclusiveMinimum: "2020-01-01" },
      { name: "mail", type: "text", format: "email" },
      { name: "state", type: "integer", enum: [1, 2] },
      { name: "address", type: "object", properties: [{ name: "city", type: "string", required: true }] },
      { name: "lines", type: "array", items: { type: "object", properties: [{ name: "sku", type: "string" }] } },
    ]);
    expect(Object.keys(asset.document).sort()).toEqual(
      [
        "$schema",
        "apiVersion",
        "kind",
        "status",
        "tenant",
        "source_type",
        "object",
        "target",
        "team",
        "compliance",
        "data_quality",
        "change_management",
        "finops",
      ].sort(),
    );
  });

  it.each([
    ["1.0", "1.0"],
    ["1.10", "1.10"],
    ['"1.0"', "1.0"],
    ["1.0.0", "1.0.0"],
    ["2", "2"],
    ["2024-01-01", "2024-01-01"],
  ])("version: %s is the text %s", async (written, version) => {
    expect((await read(`name: a\nversion: ${written}\nschema: [{ name: b, type: string }]\n`)).asset.version).toBe(
      version,
    );
  });

  it("keys with nothing after them say nothing", async () => {
    const { asset } = await read(
      "name: a\nversion:\ndescription:\ntags:\nschema: [{ name: b, type: string, pattern: , description: null }]\n",
    );
    expect(asset.schema).toEqual([{ name: "b", type: "string" }]);
  });

  it("fills variables in, but not in the words of other tools", async () => {
    const text =
      "name: ${N}\nschema: [{ name: b, type: string }]\ncustomProperties: [{ property: sql, value: x, query: 'SELECT ${col}' }]\n";
    expect((await read(text, { env: { N: "filled" } })).asset.name).toBe("filled");
  });
});

describe("the nested form of old", () => {
  it("is taken over, and never over what is there", async () => {
    const { asset } = await read(`
asset:
  name: customers
  version: 2.0
  source_type: postgres
  object: customers
  schema:
    - { name: id, type: integer, required: true }
  governance: { owner: o@example.com, tags: [t], classification: internal, retention_days: 90 }
  compliance: { regulations: [GDPR], retention_days: 30 }
`);
    expect(asset).toMatchObject({ name: "customers", version: "2.0", tags: ["t"] });
    expect(asset.document).toMatchObject({
      team: { owner: "o@example.com" },
      compliance: { regulations: ["GDPR"], retention_days: 30, classification: "internal" },
    });
    expect(asset.schema).toEqual([{ name: "id", type: "integer", required: true }]);
  });

  it("names the place inside it", async () => {
    const error = await errorOf(read("asset:\n  name: a\n  schema:\n    - name: id\n      type: intege\n"));
    expect(error.message).toBe("a.yaml:5:13  asset.schema.0.type: 'intege' is not a type; did you mean 'integer'?");
  });
});

describe("faults", () => {
  it.each([
    ["no schema", "name: a\n", ["schema: is required"]],
    ["an empty schema", "name: a\nschema: []\n", ["schema: needs at least one entry"]],
    ["no name", "schema: [{ name: b, type: string }]\n", ["name: is required"]],
    [
      "a field twice",
      "name: a\nschema: [{ name: b, type: string }, { name: b, type: string }]\n",
      ["schema.1.name: the field 'b' is repeated"],
    ],
    [
      "unknown types, also inside",
      "name: a\nschema: [{ name: b, type: strng }, { name: c, type: object, properties: [{ name: d, type: nope }] }]\n",
      [
        "schema.0.type: 'strng' is not a type; did you mean 'string'?",
        expect.stringMatching(/^schema\.1\.properties\.0\.type: 'nope' is not a type; The types are string, /),
      ],
    ],
    [
      "a decimal out of range",
      "name: a\nschema: [{ name: b, type: 'decimal(40,2)' }]\n",
      ["schema.0.type: decimal(40,2) is out of range; Precision is 1 to 38 digits, scale is 0 to the precision."],
    ],
    [
      "monitoring without anybody",
      "name: a\nschema: [{ name: b, type: string }]\ndata_quality: { monitoring: { enabled: true } }\n",
      ["data_quality.monitoring.oncall_rotation: is required when monitoring.enabled is true"],
    ],
    [
      "a format that is none",
      "name: a\nschema: [{ name: b, type: string, format: emial }]\n",
      [
        "schema.0.format: expected one of 'email', 'uuid', 'uri', 'hostname', 'ipv4', 'ipv6', got 'emial'; did you mean 'email'?",
      ],
    ],
    [
      "the standard of old",
      "apiVersion: v2.2.2\nname: a\nschema: [{ name: b, type: string }]\n",
      ["apiVersion: expected a version 3 of the standard, such as v3.1.0"],
    ],
    [
      "a camelCase key",
      "name: a\nschema: [{ name: b, type: string, primaryKey: true }]\n",
      ["schema.0.primaryKey: unknown key 'primaryKey'; did you mean 'primary_key'?"],
    ],
    ["a job", smallJob(), [": this is a job, not an asset (contract)"]],
  ] as [string, string, unknown[]][])("%s", async (_, text, expected) => {
    const faults = (await errorOf(read(text))).details["faults"] as { path: string; message: string }[];
    expect(faults.map(({ path, message }) => `${path}: ${message}`)).toEqual(expected);
  });

  it.each([
    ["integer, minimum: 10, maximum: 1", "minimum: no value can keep it: it asks for 10, and the upper bound is 1"],
    [
      '"decimal(10,2)", exclusive_minimum: 9.50, maximum: 9.5',
      "exclusive_minimum: no value can keep it: it asks for 9.50",
    ],
    ["date, minimum: 2024-01-02, exclusive_maximum: 2024-01-01", "minimum: no value can keep it"],
    ["double, exclusive_minimum: 1, exclusive_maximum: 1", "exclusive_minimum: no value can keep it"],
    [
      "string, min_length: 5, max_length: 3",
      "min_length: no value can keep it: it asks for 5, and the upper bound is 3",
    ],
    ['string, pattern: "(?=x)"', "pattern: cannot be used: "],
    ["date, max_length: 3", "max_length: needs a field of type string; 'f' is date"],
    [
      "boolean, minimum: 1",
      "minimum: needs a field of type integer, double, decimal, date, time, timestamp; 'f' is boolean",
    ],
    ["date, minimum: 2024-99-99", 'minimum: "2024-99-99" is not on the calendar or the clock'],
    ["integer, enum: [1, x]", "enum.1: "],
  ])("a rule that cannot be kept or checked: %s", async (rule, message) => {
    const error = await errorOf(read(`name: a\nschema:\n  - { name: f, type: ${rule} }\n`));
    expect(error.code).toBe("DTV_ASSET_INVALID");
    expect(error.message).toContain(`  schema.0.${message}`);
    expect(error.message).toMatch(/^a\.yaml:3:\d\d /);
  });

  it("bounds that leave one value are fine", async () => {
    const rules = "minimum: 3, maximum: 3.0 }, { name: t, type: string, min_length: 2, max_length: 2";
    const { asset } = await read(`name: a\nschema: [{ name: f, type: double, ${rules} }]\n`);
    expect(asset.fields).toHaveLength(2);
  });

  it("a file that is not there", async () => {
    const error = await errorOf(loadAsset("nowhere/a.yaml", { cwd: "/", env: {} }));
    expect(error.code).toBe("DTV_CONFIG_NOT_FOUND");
    expect(error.message).toBe(
      "nowhere/a.yaml  Asset definition not found: nowhere/a.yaml (looked for /nowhere/a.yaml)",
    );
    expect(error.hint).toContain("dativo init");
  });

  it("rules that are not checked are refused, unless somebody takes note", async () => {
    const cwd = workspace({
      "a.yaml": "name: a\nschema: [{ name: b, type: string }]\ndata_quality: { expectations: [{ x: y }] }\n",
    });
    const error = await errorOf(loadAsset(join(cwd, "a.yaml"), { cwd, env: {} }));
    expect(error.code).toBe("DTV_NOT_BUILT");
    expect(error.message).toContain("a.yaml:3:31  data_quality.expectations: checking data_quality.expectations");
    expect(
      (await read("name: a\nschema: [{ name: b, type: string }]\ntarget: { partitioning: [b], mode: merge }\n"))
        .planned,
    ).toEqual(["target.mode: taking new columns into a target"]);
  });
});

it.each([
  ["", 1],
  ["team: { roles: [{ name: x }] }\n", 1],
  ["team: { owner: x }\n", 0],
  // Nobody is named yet, and that was said.
  ["team: {}\n", 0],
])("an owner is missed, unless the team is empty: %j", async (team, count) => {
  const asset = `name: a\nschema: [{ name: b, type: string }]\n${team}`;
  const { warnings } = await load(smallJob(), {}, { "assets/people.yaml": asset });
  expect(warnings.filter(({ message }) => message.includes("team.owner"))).toHaveLength(count);
});
