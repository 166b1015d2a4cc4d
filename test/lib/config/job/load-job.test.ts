import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { loadJob } from "../../../../lib/config/job/load-job.ts";
import { maskSecrets } from "../../../../lib/config/secrets/mask-secrets.ts";
import { ASSET, complaints, errorOf, load, smallJob, workspace } from "../workspace.ts";

describe("the smallest job", () => {
  it("has everything else by default", async () => {
    const cwd = workspace({ "job.yaml": smallJob(), "assets/people.yaml": ASSET });
    const job = await loadJob("job.yaml", { env: {}, cwd });
    expect(job).toMatchObject({
      file: "job.yaml",
      tenantId: "acme",
      mode: "self_hosted",
      fullRefresh: false,
      validation: { mode: "strict" },
      logLevel: undefined,
      planned: [],
      warnings: [],
      assetFile: join(cwd, "assets/people.yaml"),
    });
    expect(job.source).toMatchObject({ connector: "csv", type: "csv", roles: ["source", "target"], custom: undefined });
    expect(job.source.config).toMatchObject({ type: "csv", files: [{ path: "data/people.csv" }], incremental: null });
    expect(job.target).toMatchObject({
      connector: "parquet",
      type: "parquet",
      path: join(cwd, "lake/people"),
      writeMode: "append",
      layout: "flat",
      allowDuplicates: false,
      publicConnection: { path: "lake/people" },
    });
    expect(job.asset.name).toBe("people");
  });

  it("may be an object", async () => {
    const cwd = workspace({ "assets/people.yaml": ASSET });
    const document = {
      tenant_id: "acme",
      source_connector: "csv",
      source: { files: [{ path: "x.csv" }] },
      target_connector: "jsonl",
      target: { connection: { path: "out" } },
      asset_path: "assets/people.yaml",
    };
    const job = await loadJob(document, { env: {}, cwd });
    expect(job.file).toBeUndefined();
    expect(job.target.path).toBe(join(cwd, "out"));
    expect((await errorOf(loadJob({ ...document, asset_path: 1 }, { env: {}, cwd }))).message).toBe(
      "job  asset_path: expected text, got the number 1; put it in quotes",
    );
    expect((await errorOf(loadJob({ ...document, map: () => 1 }, { env: {}, cwd }))).message).toBe(
      "job  map: expected a plain value",
    );
  });

  it("takes every key that the reference documents", async () => {
    const job = await load(
      smallJob(`$schema: x.json
name: people
description: Who is who
environment: prod
asset: people
map: { rename: { a: b }, casts: { b: integer }, defaults: { c: null }, constants: { d: 1 }, paths: { e: f.g }, select: [b, c] }
schema_validation_mode: warn
max_errors: 10
max_error_rate: 0.5
logging: { level: WARNING, redaction: true }
classification_overrides: { default: Internal, id: PII }
finops: { cost_center: C1, business_tags: [a, b], project: P, environment: prod }
governance_overrides: { retention_days: 0, owner: b@example.com }
`),
    );
    expect(job).toMatchObject({
      name: "people",
      description: "Who is who",
      environment: "prod",
      validation: { mode: "warn", maxErrors: 10, maxErrorRate: 0.5 },
      logLevel: "warn",
      map: { rename: { a: "b" }, select: ["b", "c"] },
      planned: [],
    });
    expect(job.tags).toEqual({
      "asset.name": "people",
      "asset.version": "1.0.0",
      "classification.default": "internal",
      "classification.fields.id": "pii",
      "finops.business_tags": "a,b",
      "finops.cost_center": "C1",
      "finops.environment": "prod",
      "finops.project": "P",
      "governance.owner": "b@example.com",
      "governance.retention_days": "0",
    });
  });

  it.each([
    ["DEBUG", "debug"],
    ["INFO", "info"],
    ["WARNING", "warn"],
    ["ERROR", "error"],
    ["CRITICAL", "error"],
    ["warn", "warn"],
  ])("knows the level %s", async (written, level) => {
    expect((await load(smallJob(`logging: { level: ${written} }`))).logLevel).toBe(level);
  });

  it("gives the old name of the file size to the writer", async () => {
    const size = (target: string) =>
      smallJob().replace(/^target: .*/m, `target: { connection: { path: x }, ${target} }`);
    expect((await load(size("parquet_target_size_mb: 64"))).target.config.engine.options).toEqual({
      target_size_mb: 64,
    });
    const both = "parquet_target_size_mb: 64, engine: { options: { target_size_mb: 7 } }";
    expect((await load(size(both))).target.config.engine.options).toEqual({ target_size_mb: 7 });
  });

  it("does not give it to a plugin that may not know it", async () => {
    const job = smallJob().replace(/^target: .*/m, 'target: { custom_writer: "w.ts:W", parquet_target_size_mb: 64 }');
    const loaded = await load(job, {}, { "w.ts": "" });
    expect(loaded.target.config.engine.options).toEqual({});
    expect(loaded.warnings.map(({ path }) => path)).toEqual(["target.parquet_target_size_mb"]);
  });

  it("says what has no effect", async () => {
    const job = await load(
      smallJob("max_errors: 3").replace("path: lake/people }", "path: lake/people }, warehouse: s3://x"),
    );
    expect(job.warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "max_errors: has no effect unless schema_validation_mode is warn",
      "target.warehouse: has no effect without target.catalog",
    ]);
  });
});

describe("faults of several documents", () => {
  it("are listed together, one line each, with their places", async () => {
    const job = `tenant_id: acme
source_connector: cssv
sorce: {}
source:
  files:
    - pth: x.csv
  engine: { type: natve }
target_connector: parquet
target:
  write_mode: replace
asset_path: assets/people.yaml
schema_validation_mode: 1
max_error_rate: 2
logging: { level: loud }
tags: [a]
`;
    const asset = `name: people
version: 1.0
schema:
  - { name: id, typ: integer }
  - { name: id, type: intger }
  - name: amount
    type: decimal(99,2)
team: { ownr: x }
`;
    const error = await errorOf(load(job, {}, { "assets/people.yaml": asset }));
    expect(error.code).toBe("DTV_CONFIG_INVALID");
    expect(error.message.split("\n")).toEqual([
      "job.yaml:2:19  source_connector: no recipe 'cssv' ships with Dativo; did you mean 'csv'?; a recipe of your own is named by source_connector_path",
      "job.yaml:3:1  sorce: unknown key 'sorce'; did you mean 'source'?",
      "job.yaml:7:19  source.engine.type: expected one of 'native', 'airbyte', 'meltano', 'singer', 'jdbc', 'spark', got 'natve'; did you mean 'native'?",
      "job.yaml:9:1  target.connection.path: is required: the folder that the files go to",
      "job.yaml:10:15  target.write_mode: expected one of 'append', 'overwrite', got 'replace'",
      "job.yaml:12:25  schema_validation_mode: expected one of 'strict', 'warn', got the number 1",
      "job.yaml:13:17  max_error_rate: expected at most 1, got the number 2",
      "job.yaml:14:19  logging.level: expected one of 'debug', 'info', 'warn', 'error', 'DEBUG', 'INFO', 'WARN', 'WARNING', 'ERROR', 'CRITICAL', got 'loud'",
      expect.stringMatching(/^job\.yaml:15:1 {2}tags: unknown key 'tags'; known are \$schema, tenant_id, /),
      "assets/people.yaml:4:17  schema.0.typ: unknown key 'typ'; did you mean 'type'?",
      "assets/people.yaml:8:9  team.ownr: unknown key 'ownr'; did you mean 'owner'?",
    ]);
    expect(error.details["faults"]).toHaveLength(11);
    expect(error.details["faults"]).toContainEqual({
      code: "DTV_CONFIG_INVALID",
      file: "job.yaml",
      line: 3,
      column: 1,
      path: "sorce",
      place: "job.yaml:3:1  sorce",
      message: "unknown key 'sorce'; did you mean 'source'?",
      meant: "source",
    });
  });

  it("include those of syntax, the recipe and the registry", async () => {
    const error = await errorOf(
      load(
        smallJob().replace("source_connector: csv", "source_connector_path: mine.yaml").replace("name", "name"),
        {},
        {
          "mine.yaml": "name: mine\ntype: csv\nrole: [source]\nname: again\n",
          "registry/connectors.yaml":
            "version: 3\nconnectors:\n  csv: { roles: [reader], default_engine: native, engines_supported: [native] }\n",
          "assets/people.yaml": "name: people\nschema: [{ name: id, type: intger }]\n",
        },
      ),
    );
    expect(error.message.split("\n")).toEqual([
      "assets/people.yaml:2:28  schema.0.type: 'intger' is not a type; did you mean 'integer'?",
      "registry/connectors.yaml:3:18  connectors.csv.roles.0: expected one of 'source', 'target', got 'reader'",
    ]);
  });

  it("have the code that they agree on", async () => {
    expect((await errorOf(load(smallJob("description: ${X}")))).code).toBe("DTV_VARIABLE_UNSET");
    expect((await errorOf(load(smallJob("description: ${X}\nfoo: 1")))).code).toBe("DTV_CONFIG_INVALID");
  });

  it("do not show values that may be secret", async () => {
    const error = await errorOf(load(smallJob("finops: canary-in-the-wrong-place\nretry_config: [canary-too]")));
    expect(error.message).toContain("finops: expected a mapping, got text");
    expect(JSON.stringify(error)).not.toContain("canary");
  });

  it.each([
    [
      "no job file",
      "missing.yaml",
      "DTV_CONFIG_NOT_FOUND",
      /^missing\.yaml {2}Job not found: missing\.yaml \(looked for .*missing\.yaml\)$/,
    ],
    ["a folder", ".", "DTV_CONFIG_INVALID", /is a folder, not the file of a job$/],
    [
      "a contract",
      "assets/people.yaml",
      "DTV_CONFIG_INVALID",
      /^assets\/people\.yaml:1:1 {2}this is an asset \(contract\), not a job$/,
    ],
    ["not UTF-8", "latin1.yaml", "DTV_CONFIG_INVALID", /^latin1\.yaml {2}the file is not UTF-8 text$/],
    ["not a job", "list.yaml", "DTV_CONFIG_INVALID", /^list\.yaml:1:1 {2}expected a mapping of keys to values$/],
  ])("%s", async (_, path, code, message) => {
    const cwd = workspace({ "list.yaml": "- a\n", "assets/people.yaml": ASSET });
    const { writeFileSync } = await import("node:fs");
    writeFileSync(join(cwd, "latin1.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
    const error = await errorOf(loadJob(path, { cwd, env: {} }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

/** S25 of the threats. */
describe("tenants", () => {
  it.each(["a", "acme", "acme-eu", "a_b", "0x", "a".repeat(63)])("'%s' is one", async (tenant) => {
    expect((await load(smallJob().replace("acme", `"${tenant}"`))).tenantId).toBe(tenant);
  });

  it.each([
    "../b",
    "B",
    "Acme",
    "-a",
    "_a",
    "a/b",
    "a.b",
    "a b",
    "а",
    "ａ",
    "a\u0301",
    "a".repeat(64),
    "a\\n",
    "a\u0000",
  ])("'%s' is none", async (tenant) => {
    const error = await errorOf(load(smallJob().replace("acme", JSON.stringify(tenant))));
    expect(error.code).toBe("DTV_TENANT_INVALID");
    expect(error.message).toContain("[a-z0-9][a-z0-9_-]{0,62}");
  });

  it("an empty or missing one is a fault of the key", async () => {
    expect(await complaints(smallJob().replace("acme", '""'))).toEqual(["tenant_id: must not be empty"]);
    expect(await complaints(smallJob().replace("tenant_id: acme\n", ""))).toEqual(["tenant_id: is required"]);
    expect(await complaints(smallJob().replace("acme", "7"))).toEqual([
      "tenant_id: expected text, got the number 7; put it in quotes",
    ]);
  });

  it("the option must agree with the job, and stands in for one that names none", async () => {
    const error = await errorOf(load(smallJob(), { tenantId: "other" }));
    expect(error.code).toBe("DTV_TENANT_INVALID");
    expect(error.message).toBe("job.yaml:1:12  tenant_id: the job belongs to tenant 'acme', not to 'other'");
    expect((await load(smallJob().replace("tenant_id: acme\n", ""), { tenantId: "other" })).tenantId).toBe("other");
  });

  it("in cloud mode, nobody should take a job's word for it", async () => {
    expect((await load(smallJob(), { mode: "cloud" })).warnings.map(({ path }) => path)).toEqual(["tenant_id"]);
    expect((await load(smallJob(), { mode: "cloud", tenantId: "acme" })).warnings).toEqual([]);
  });
});

describe("full refresh", () => {
  const withTarget = (keys: string): string =>
    smallJob().replace("path: lake/people } }", `path: lake/people }, ${keys} }`);
  const strategy = smallJob().replace(
    /^source: .*/m,
    "source: { files: [{ path: x.csv }], incremental: { strategy: full_refresh } }",
  );

  it("overwrites, asked for by option or by strategy", async () => {
    expect((await load(smallJob(), { fullRefresh: true })).target.writeMode).toBe("overwrite");
    const job = await load(strategy);
    expect(job).toMatchObject({ fullRefresh: true, incremental: undefined });
    expect(job.target.writeMode).toBe("overwrite");
    expect(job.source.config.incremental).toBeNull();
  });

  it("with append has to be meant", async () => {
    const error = await errorOf(load(withTarget("write_mode: append"), { fullRefresh: true }));
    expect(error.code).toBe("DTV_FULL_REFRESH_APPEND");
    expect(error.message).toMatch(
      /^job\.yaml:5:58 {2}target\.write_mode: a full refresh with append would add every record once more/,
    );
    const meant = await load(withTarget("write_mode: append, allow_duplicates: true"), { fullRefresh: true });
    expect(meant.target).toMatchObject({ writeMode: "append", allowDuplicates: true });
    expect((await load(withTarget("write_mode: append"))).target.writeMode).toBe("append");
    expect((await load(withTarget("write_mode: overwrite"))).target.writeMode).toBe("overwrite");
  });
});

describe("secrets are used", () => {
  const plugin = { "reader.ts": "" };
  const job = (credentials: string): string =>
    smallJob()
      .replace("source_connector: csv", "source_connector: anything")
      .replace(/^source: .*/m, `source: { custom_reader: "reader.ts:R", credentials: ${credentials} }`);

  it("from variables, in the job's own words", async () => {
    const loaded = await load(job('{ api_key: "${MY_API_KEY}" }'), { env: { MY_API_KEY: "canary-variable" } }, plugin);
    expect(loaded.source.config.credentials).toEqual({ api_key: "canary-variable" });
    expect(inspect(loaded, { depth: 9 })).not.toContain("canary");
    expect(JSON.stringify(loaded)).not.toContain("canary");
    expect(maskSecrets("canary-variable")).toBe("***");
  });

  it("from the secret manager of the tenant", async () => {
    const env = { DATIVO_SECRET__ACME__MY_API_KEY: "canary-managed", DATIVO_SECRET__OTHER__MY_API_KEY: "canary-other" };
    const loaded = await load(job("{ type: api_key, from_env: MY_API_KEY }"), { env }, plugin);
    expect(loaded.source.config.credentials).toEqual({ type: "api_key", api_key: "canary-managed" });
  });

  it("and missed where the job names one", async () => {
    const error = await errorOf(load(job("{ type: api_key, from_secret: mine }"), {}, plugin));
    expect(error.code).toBe("DTV_SECRET_MISSING");
    expect(error.message).toBe(
      "job.yaml:3:84  source.credentials.from_secret: the secret manager 'env' has no 'mine' for tenant 'acme'; set DATIVO_SECRET__ACME__MINE",
    );
  });

  it("the job's way of naming one counts over the recipe's", async () => {
    const recipe = {
      ...plugin,
      "mine.yaml": "name: m\ntype: m\ncredentials: { type: api_key, from_env: RECIPE_KEY }\n",
    };
    const text = job("{ from_secret: mine }").replace("source_connector: anything", "source_connector_path: mine.yaml");
    const env = { RECIPE_KEY: "canary-recipe", DATIVO_SECRET__ACME__MINE: "canary-job" };
    expect((await load(text, { env }, recipe)).source.config.credentials).toEqual({
      type: "api_key",
      api_key: "canary-job",
    });
  });

  it("a plugin does without what only its base recipe names", async () => {
    const loaded = await load(job("{ own: x }").replace("anything", "hubspot"), {}, plugin);
    expect(loaded.source.config.credentials).toEqual({ type: "api_key", own: "x" });
    const filled = await load(
      job("{ own: x }").replace("anything", "hubspot"),
      { env: { HUBSPOT_API_KEY: "canary-hub" } },
      plugin,
    );
    expect(filled.source.config.credentials).toEqual({ type: "api_key", own: "x", api_key: "canary-hub" });
  });

  it("the manager's name comes from option or environment", async () => {
    expect((await errorOf(load(smallJob(), { secretManager: "vault" }))).code).toBe("DTV_NOT_BUILT");
    expect((await errorOf(load(smallJob(), { env: { DATIVO_SECRET_MANAGER: "aws" } }))).code).toBe("DTV_NOT_BUILT");
    expect((await errorOf(load(smallJob(), { secretManager: "nope" }))).message).toContain(
      "Unsupported secret manager 'nope'",
    );
  });

  it("are no part of the public connection", async () => {
    const text = smallJob().replace(
      "path: lake/people }",
      "path: lake/people, password: canary-pw, url: 'https://u:canary-u@h/x', s3: { access_key: canary-ak, bucket: b } }",
    );
    expect((await load(text)).target.publicConnection).toEqual({
      path: "lake/people",
      url: "https://h/x",
      s3: { bucket: "b" },
    });
  });
});
