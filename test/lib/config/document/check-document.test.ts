import { describe, expect, it } from "vitest";
import { checkDocument, withoutFaults } from "../../../../lib/config/document/check-document.ts";
import { jobDocument } from "../../../../lib/config/job/job-document.ts";
import { parseYaml } from "../../../../lib/config/yaml/parse-yaml.ts";
import { complaints, smallJob } from "../workspace.ts";

describe("what was expected, in words", () => {
  it.each([
    ["name: 1", "name: expected text, got the number 1; put it in quotes"],
    ["name: true", "name: expected text, got true; put it in quotes"],
    ["name: [a]", "name: expected text, got a list"],
    ["name: { a: b }", "name: expected text, got a mapping"],
    ["name:", "name: expected text, got nothing"],
    ['name: ""', "name: must not be empty"],
    ["max_errors: many", "max_errors: expected a number, got text"],
    ["max_errors: 1.5", "max_errors: expected a whole number, got the number 1.5"],
    ["max_errors: -1", "max_errors: expected at least 0, got the number -1"],
    ["max_error_rate: 1.01", "max_error_rate: expected at most 1, got the number 1.01"],
    ["max_error_rate: .nan", "max_error_rate: expected a number, got the number NaN"],
    ["logging: loud", "logging: expected a mapping, got text"],
    ["logging: { redaction: maybe }", "logging.redaction: expected true or false, got text"],
    ["finops: { business_tags: a }", "finops.business_tags: expected a list, got text"],
    ["finops: { business_tags: [a, 2] }", "finops.business_tags.1: expected text, got the number 2; put it in quotes"],
    ["map: { select: [] }", "map.select: needs at least one entry"],
    ["map: { casts: { a: intger } }", "map.casts.a: 'intger' is not a type; did you mean 'integer'?"],
    ["map: { constants: { a: [1] } }", "map.constants.a: expected a text, a number, a truth value or null"],
    [
      "schema_validation_mode: Strict",
      "schema_validation_mode: expected one of 'strict', 'warn', got 'Strict'; did you mean 'strict'?",
    ],
    ["catalog: { typ: nessie }", "catalog.typ: unknown key 'typ'; did you mean 'type'?"],
    [
      "target: { engine: { optoins: {} }, connection: { path: x } }",
      "target.engine.optoins: unknown key 'optoins'; did you mean 'options'?",
    ],
    ["plugins: { sandbox: { cpu_limit: 0 } }", "plugins.sandbox.cpu_limit: expected more than 0, got the number 0"],
  ])("%s", async (lines, message) => {
    const job = lines.startsWith("target:") ? smallJob().replace(/^target: .*/m, lines) : smallJob(`${lines}\n`);
    expect(await complaints(job)).toEqual([message]);
  });
});

it("what is at fault is taken out, and nothing else", () => {
  const document = parseYaml(
    "tenant_id: t\nfoo: 1\nasset_path: a\nsource: { files: [{ path: x }, { path: 2, id: y }] }\n",
    "f",
  );
  const { faults } = checkDocument(jobDocument, document);
  expect(withoutFaults(document.value, faults)).toEqual({
    tenant_id: "t",
    asset_path: "a",
    source: { files: [{ path: "x" }, { id: "y" }] },
  });
});

it("a value that could not be filled in has one fault only", async () => {
  const job = smallJob("schema_validation_mode: ${MODE}\n").replace("assets/people.yaml", "${ASSET}");
  expect(await complaints(job)).toEqual([
    "asset_path: the variable 'ASSET' is not set; give it a value, or a default: ${ASSET:-…}",
    "schema_validation_mode: the variable 'MODE' is not set; give it a value, or a default: ${MODE:-…}",
  ]);
});

describe("one mistake is one fault", () => {
  it.each([
    [
      "source_connector:",
      "source_conector:",
      "source_conector: unknown key 'source_conector'; did you mean 'source_connector'?",
    ],
    ["tenant_id:", "tenantid:", "tenantid: unknown key 'tenantid'; did you mean 'tenant_id'?"],
    ["{ files:", "{ file:", "source.file: unknown key 'file'; did you mean 'files'?"],
    ["target: {", "targt: {", "targt: unknown key 'targt'; did you mean 'target'?"],
    ["{ files: [{ path: data/people.csv }] }", "{ files: a.csv }", "source.files: expected a list, got text"],
    ["{ files: [{ path: data/people.csv }] }", "{ files: [a.csv] }", "source.files.0: expected a mapping, got text"],
  ])("%s written as %s", async (right, wrong, message) => {
    expect(await complaints(smallJob().replace(right, wrong))).toEqual([message]);
  });

  it("a key that is there and wrong is a second fault", async () => {
    const job = smallJob("target_conector: csv\n").replace("target_connector: parquet", "target_connector: parket");
    expect(await complaints(job)).toHaveLength(2);
  });

  it("in a contract too", async () => {
    const asset = "name: people\nteam: { owner: a }\nschema: [{ nam: id, type: integer }]\n";
    expect(await complaints(smallJob(), {}, { "assets/people.yaml": asset })).toEqual([
      "schema.0.nam: unknown key 'nam'; did you mean 'name'?",
    ]);
  });
});

it("faults of the job hide no others", async () => {
  const job = smallJob("foo: 1\n")
    .replace("assets/people.yaml", "assets/gone.yaml")
    .replace("target_connector: parquet", "target_connector: parket");
  expect(await complaints(job)).toEqual([
    expect.stringMatching(/^target_connector: no recipe 'parket' ships with Dativo; did you mean 'parquet'\?/),
    expect.stringMatching(/^asset_path: Asset definition not found: assets\/gone\.yaml/),
    expect.stringMatching(/^foo: unknown key 'foo'/),
  ]);
});

it("a job that is mostly wrong still has its contract read", async () => {
  const job = smallJob().replace(/^source: .*/m, "source: { tables: [{ object: x }] }");
  expect(await complaints(job, {}, { "assets/people.yaml": "name: people\n" })).toEqual([
    "source.tables.0.name: is required",
    "schema: is required",
  ]);
});
