import { describe, expect, it } from "vitest";
import { complaints, errorOf, load, smallJob } from "../workspace.ts";

const source = (connector: string, section: string): string =>
  smallJob()
    .replace("source_connector: csv", `source_connector: ${connector}`)
    .replace(/^source: .*/m, `source: ${section}`);
const target = (connector: string, section: string): string =>
  smallJob()
    .replace("target_connector: parquet", `target_connector: ${connector}`)
    .replace(/^target: .*/m, `target: ${section}`);
const plannedOf = async (job: string, options = {}, files = {}): Promise<string[]> =>
  (await load(job, options, files)).planned.map(({ path, message }) => `${path}: ${message}`);

const MINE = { "mine.yaml": "name: mine\ntype: mine\n" };
const own = (text: string): string => text.replace("source_connector: csv", "source_connector_path: mine.yaml");

describe("the registry's rules", () => {
  it("a type must be registered", async () => {
    const error = await errorOf(load(own(smallJob()), {}, { "mine.yaml": "name: mine\ntype: cssv\n" }));
    expect(error.code).toBe("DTV_CONNECTOR_UNKNOWN");
    expect(error.message).toBe(
      "job.yaml:2:24  source_connector_path: Connector type 'cssv' not found in registry; did you mean 'csv'?",
    );
  });

  it("a local registry adds types, and speaks over the one that ships", async () => {
    const registry = {
      "registry/connectors.yaml":
        "connectors:\n  mine: { roles: [source], default_engine: native, engines_supported: [native] }\n  csv: { roles: [target], default_engine: native, engines_supported: [native] }\n",
    };
    expect((await load(own(smallJob()), {}, { ...MINE, ...registry })).source.type).toBe("mine");
    expect(await complaints(smallJob(), {}, registry)).toEqual([
      "source_connector: Connector type 'csv' does not support 'source' role.",
    ]);
  });

  it("the old form of a registry is read too", async () => {
    const registry = {
      "registry/connectors.yaml": "sources:\n  mine: { default_engine: native }\ntargets:\n  lake: {}\n",
    };
    expect((await load(own(smallJob()), {}, { ...MINE, ...registry })).source.roles).toEqual(["source"]);
    expect(
      await complaints(
        target("csv", "{}").replace("target_connector: csv", "target_connector_path: mine.yaml"),
        {},
        { ...MINE, ...registry },
      ),
    ).toEqual(["target_connector_path: Connector type 'mine' does not support 'target' role."]);
  });

  it.each([
    [
      "stripe as a target",
      target("stripe", "{}"),
      ["target_connector: Connector type 'stripe' does not support 'target' role."],
    ],
    [
      "iceberg as a source",
      source("iceberg", "{}"),
      ["source_connector: Connector type 'iceberg' does not support 'source' role."],
    ],
    [
      "a recipe for one role only",
      own(smallJob()),
      ["source_connector_path: Connector type 'csv' does not support 'source' role."],
      { "mine.yaml": "name: m\ntype: csv\nroles: [target]\n" },
    ],
    [
      "no connector",
      smallJob().replace("source_connector: csv\n", ""),
      ["source_connector: is required, or source_connector_path, or source.custom_reader"],
    ],
    [
      "an engine that the connector does not have",
      source("csv", "{ files: [{ path: x }], engine: { type: airbyte } }"),
      ["source.engine.type: Connector 'csv' does not support the engine 'airbyte'; supported are native"],
    ],
    [
      "an object that the connector does not have",
      source("hubspot", "{ objects: [contacts, deal, tickets] }"),
      [
        "source.objects.1: Connector 'hubspot' has no object 'deal'; did you mean 'deals'?",
        "source.objects.2: Connector 'hubspot' has no object 'tickets'; supported are contacts, deals, companies",
      ],
    ],
    [
      "a database without tables",
      source("postgres", "{}"),
      ["source.tables: Connector 'postgres' requires 'tables' configuration."],
    ],
    ["files of nothing", source("csv", "{}"), ["source.files: CSV source requires 'files' configuration"]],
    [
      "files without a path",
      source("jsonl", "{ files: [{ pth: x }, { id: 1x }] }"),
      [
        "source.files.0: file configuration must include 'path' or 'file' field; what is 'pth'?",
        "source.files.1: file configuration must include 'path' or 'file' field",
      ],
    ],
    [
      "files to nowhere",
      target("jsonl", "{ connection: {} }"),
      ["target.connection.path: is required: the folder that the files go to"],
    ],
    [
      "a format that is not the connector's",
      target("csv", "{ connection: { path: x }, file_format: parquet }"),
      ["target.file_format: Connector 'csv' does not write 'parquet'; it writes csv"],
    ],
    [
      "custom without a plugin",
      source("custom", "{}"),
      ["source.custom_reader: connector 'custom' needs a custom_reader: path/to/module.ts:ClassName"],
    ],
  ] as [string, string, string[], Record<string, string>?][])("%s", async (_, job, expected, files = {}) => {
    expect(await complaints(job, {}, files)).toEqual(expected);
  });

  it("connectors of databases stay at home", async () => {
    expect(await complaints(source("postgres", "{ tables: [{ name: t }] }"), { mode: "cloud" })).toEqual([
      "source_connector: Connector 'postgres' is not allowed in cloud mode. Database connectors can only run in self_hosted mode.",
    ]);
    expect(await complaints(target("mysql", "{}"), { mode: "cloud", env: { MYSQL_PASSWORD: "x" } })).toEqual([
      "target_connector: Connector 'mysql' is not allowed in cloud mode. Database connectors can only run in self_hosted mode.",
    ]);
  });
});

describe("incremental reading", () => {
  const csv = (incremental: string, rest = ""): string =>
    source("csv", `{ files: [{ path: x.csv }], incremental: ${incremental}${rest} }`);

  it.each([
    ["the connector's own strategy by default", "{ lookback_days: 0 }"],
    ["by name", "{ strategy: file_modified_time }"],
    ["by its general name", "{ strategy: incremental }"],
  ])("%s", async (_, incremental) => {
    expect((await load(csv(incremental))).incremental).toEqual({
      strategy: "file_modified_time",
      cursorField: undefined,
      lookbackDays: 0,
    });
  });

  it.each([
    [
      "{ strategy: updated_at }",
      "source.incremental.cursor_field: Incremental strategy 'updated_at' requires 'cursor_field'.",
    ],
    [
      "{ strategy: file_modified_tim }",
      "source.incremental.strategy: Incremental strategy 'file_modified_tim' does not match connector default 'file_modified_time'.; did you mean 'file_modified_time'?",
    ],
    [
      "{ strategy: spreadsheet_modified_time }",
      "source.incremental.strategy: Incremental strategy 'spreadsheet_modified_time' requires 'sheets' configuration.",
    ],
    [
      "{ strategy: created, cursor_field: null }",
      "source.incremental.cursor_field: Incremental strategy 'created' requires 'cursor_field'.",
    ],
    [
      "{ strategy: created, cursor_field: idd }",
      "source.incremental.cursor_field: the contract people has no field 'idd'; did you mean 'id'?",
    ],
    [
      "{ strategy: created, cursor_field: id, lookback_days: 1 }",
      "source.incremental.lookback_days: 'id' is of type integer, which does not count days; a look-back needs a timestamp or a date",
    ],
    [
      "{ strategy: cdc }",
      "source.incremental.strategy: Incremental strategy 'cdc' does not match connector default 'file_modified_time'.",
    ],
    ["{ lookback_days: -1 }", "source.incremental.lookback_days: expected at least 0, got the number -1"],
    ["{ strategies: x }", "source.incremental.strategies: unknown key 'strategies'; did you mean 'strategy'?"],
  ])("%s", async (incremental, ...expected) => {
    expect(await complaints(csv(incremental))).toEqual(expected);
  });

  it.each([
    ["boolean", "which has no order"],
    ["time", "a time of day begins anew every day"],
    ["array<string>", "which has no order"],
    ["binary", "which has no order"],
  ])("a cursor needs an order that goes on: %s", async (type, why) => {
    const asset = `name: people\nschema: [{ name: id, type: integer }, { name: c, type: '${type}' }]\nteam: { owner: a@example.com }\n`;
    const job = csv("{ strategy: updated_at, cursor_field: c }");
    expect(await complaints(job, {}, { "assets/people.yaml": asset })).toEqual([
      `source.incremental.cursor_field: 'c' is of type ${type.replace(/<.*/, "")}, ${why}; take a timestamp, date, integer, decimal, number or string`,
    ]);
  });

  it.each(["updated_at", "updated_after", "created"])("files take %s, and a look-back", async (strategy) => {
    const asset = "name: people\nschema: [{ name: at, type: timestamp }]\nteam: { owner: a@example.com }\n";
    const job = csv(`{ strategy: ${strategy}, cursor_field: at, lookback_days: 7 }`);
    const loaded = await load(job, {}, { "assets/people.yaml": asset });
    expect(loaded.incremental).toEqual({ strategy, cursorField: "at", lookbackDays: 7 });
    expect(loaded.planned).toEqual([]);
  });

  it("files may be looked back over", async () => {
    const loaded = await load(csv("{ lookback_days: 2 }"));
    expect([loaded.incremental?.lookbackDays, loaded.planned]).toEqual([2, []]);
  });

  it.each([
    ["stripe", "created"],
    ["hubspot", "updated_after"],
    ["postgres", "updated_at"],
  ])("%s takes its cursor field from the recipe", async (connector, strategy) => {
    const job = await load(source(connector, "{ tables: [{ name: t }], incremental: { lookback_days: 1 } }"));
    expect(job.incremental).toMatchObject({ strategy, lookbackDays: 1, cursorField: expect.any(String) as string });
  });

  it("a cursor field may be null", async () => {
    const job = await load(source("stripe", "{ incremental: { strategy: created, cursor_field: null } }"));
    expect(job.incremental).toEqual({ strategy: "created", cursorField: undefined, lookbackDays: 0 });
  });

  it("not every connector can", async () => {
    const registry = "connectors:\n  mine: { roles: [source], default_engine: native, engines_supported: [native] }\n";
    const job = own(smallJob()).replace(
      /^source: .*/m,
      "source: { incremental: { strategy: created, cursor_field: c } }",
    );
    expect(await complaints(job, {}, { ...MINE, "registry/connectors.yaml": registry })).toEqual([
      "source.incremental.strategy: Connector 'mine' does not support incremental extraction.",
    ]);
  });

  it("a custom reader may have strategies of its own", async () => {
    const job = source(
      "anything",
      '{ custom_reader: "r.ts:R", incremental: { strategy: by_moon, cursor_field: c, lookback_days: 3 } }',
    );
    const loaded = await load(job, {}, { "r.ts": "" });
    expect(loaded.planned).toEqual([]);
    expect(loaded.incremental).toEqual({ strategy: "by_moon", cursorField: "c", lookbackDays: 3 });
    expect(loaded.source.config.incremental).toEqual({ strategy: "by_moon", cursor_field: "c", lookback_days: 3 });
  });

  it("the state may be kept elsewhere, but not in cloud mode", async () => {
    expect((await load(csv("{ state_path: state/x.json }"))).statePath).toMatch(/^\/.*\/state\/x\.json$/);
    expect(await complaints(csv("{ state_path: ../other/x.json }"), { mode: "cloud" })).toEqual([
      "source.incremental.state_path: may not be chosen in cloud mode",
    ]);
  });
});

describe("a source that is a store", () => {
  const pathsOf = async (connector: string, section: string, env = {}) =>
    (await load(source(connector, section), { env })).source.config.files.map(({ path }) => path);

  it("has its files below bucket and prefix, unless they name a bucket", async () => {
    const files = "files: [{ path: x/*.csv }, { file: s3://other/y.csv }]";
    expect(await pathsOf("s3", `{ connection: { bucket: b, prefix: p }, ${files} }`)).toEqual([
      "s3://b/p/x/*.csv",
      "s3://other/y.csv",
    ]);
    expect(await pathsOf("gcs", "{ connection: { gcs: { bucket: b } }, files: [{ path: x }] }")).toEqual(["gs://b/x"]);
    const env = { MINIO_BUCKET: "b", MINIO_ENDPOINT: "http://127.0.0.1:9" };
    expect(await pathsOf("minio", "{ files: [{ path: x }] }", env)).toEqual(["s3://b/x"]);
  });

  it("says what of it is missing or misspelt", async () => {
    expect(await complaints(source("s3", "{ files: [{ path: x }] }"), { env: {} })).toEqual([
      "source.connection: connection.bucket is required: the name of the bucket; S3_BUCKET names it too",
    ]);
    expect(await complaints(source("s3", "{ connection: { buckt: b }, files: [{ path: x }] }"), { env: {} })).toEqual([
      "source.connection: connection: buckt: unknown key 'buckt'; did you mean 'bucket'?",
    ]);
    expect(await complaints(source("s3", "{}"), { env: {} })).toEqual([
      "source.files: S3 source requires 'files' configuration",
    ]);
  });
});

describe("connectors that this version cannot run", () => {
  it.each([
    [
      "stripe",
      "source_connector: connector 'stripe' needs the engine 'airbyte', which this version does not have; use a custom_reader",
    ],
    [
      "hubspot",
      "source_connector: connector 'hubspot' needs the engine 'airbyte', which this version does not have; use a custom_reader",
    ],
    [
      "gdrive_csv",
      "source_connector: connector 'gdrive_csv' has no built-in reader in this version; use a custom_reader",
    ],
    [
      "google_sheets",
      "source_connector: connector 'google_sheets' has no built-in reader in this version; use a custom_reader",
    ],
    [
      "markdown_kv",
      "source_connector: connector 'markdown_kv' has no built-in reader in this version; use a custom_reader",
    ],
  ])("%s is one clear finding, whatever else the job says", async (connector, finding) => {
    const section =
      "{ sheets: [{ id: x }], rate_limits: { rps: 1 }, incremental: { lookback_days: 7, cursor_field: c }, files: [{ path: s3://b/k }] }";
    expect(
      await plannedOf(source(connector, connector === "google_sheets" || connector === "gdrive_csv" ? section : "{}")),
    ).toEqual([finding]);
    expect(await plannedOf(source(connector, '{ custom_reader: "r.ts:R" }'), {}, { "r.ts": "" })).toEqual([]);
  });

  it.each(["postgres", "mysql"])("%s, on both sides", async (connector) => {
    expect(await plannedOf(source(connector, "{ tables: [{ name: public.t, object: t, cursor_field: c }] }"))).toEqual([
      `source_connector: connector '${connector}' needs the engine 'meltano', which this version does not have; use a custom_reader`,
    ]);
    expect(await plannedOf(target(connector, "{}"))).toEqual([
      `target_connector: connector '${connector}' needs the engine 'meltano', which this version does not have; use a custom_writer`,
    ]);
  });

  it.each(["iceberg"])("%s as a target", async (connector) => {
    expect(
      await plannedOf(target(connector, "{ connection: { bucket: b }, catalog: nessie, partitioning: [d] }")),
    ).toEqual([
      `target_connector: connector '${connector}' has no built-in writer in this version; use a custom_writer`,
    ]);
  });

  it("another engine for a connector is as far away", async () => {
    expect(await plannedOf(source("hubspot", "{ engine: { type: native } }"))).toEqual([
      "source_connector: connector 'hubspot' has no built-in reader in this version; use a custom_reader",
    ]);
  });
});

describe("keys whose feature is not built", () => {
  it.each([
    [
      "retry_config: { max_attempts: 3, retryable_exit_codes: [1] }",
      "retry_config.retryable_exit_codes: repeating by the exit code of an engine",
    ],
    [
      "catalog: { type: aws_glue, connection: { region: x }, database: d, push_lineage: false }",
      "catalog: sending lineage and metadata to a data catalog",
    ],
    ["plugins: { sandbox: { mode: container } }", "plugins.sandbox.mode: running plugins in a container of their own"],
    [
      "plugins: { sandbox: { cpu_limit: 0.5, seccomp_profile: mine.json } }",
      "plugins.sandbox.cpu_limit: limits on a plugin",
      "plugins.sandbox.seccomp_profile: limits on a plugin",
    ],
  ])("%s", async (lines, ...findings) => {
    expect(await plannedOf(smallJob(lines))).toEqual(findings);
  });

  it.each([
    "plugins: { sandbox: { mode: in_process, enabled: false } }",
    "plugins: { sandbox: { mode: process, timeout: 60 } }",
    "plugins: { sandbox: { enabled: true, network: true, memory_limit: 1g, cpu_seconds: 60 } }",
    "plugins: {}",
    "retry_config: { max_retries: 2, initial_delay_seconds: 1, max_delay_seconds: 9, retryable_error_patterns: [x] }",
  ])("%s asks for nothing", async (lines) => {
    expect(await plannedOf(smallJob(lines))).toEqual([]);
  });

  it.each([
    ["rate_limits: { rps: 4 }", "source.rate_limits: holding a reader to rate limits"],
    ["sheets: [{ id: x }]", "source.sheets: reading Google Sheets"],
    ["spreadsheets: [{ id: x }]", "source.spreadsheets: reading Google Sheets"],
    ["spreadsheet_id: x", "source.spreadsheet_id: reading Google Sheets"],
  ])("source: %s", async (keys, ...findings) => {
    expect(await plannedOf(source("csv", `{ files: [{ path: x.csv }], ${keys} }`))).toEqual(findings);
  });

  it("source files and target folders at a URL", async () => {
    expect(await plannedOf(source("csv", "{ files: [{ path: x.csv }, { path: https://b/k.csv }] }"))).toEqual([
      "source.files.1: reading files at https://",
    ]);
    expect(await plannedOf(source("csv", "{ files: [{ path: s3://b/k.csv }, { path: GS://b/*.csv }] }"))).toEqual([]);
    const job = await load(target("parquet", "{ connection: { path: https://b/lake } }"));
    expect(job.planned).toMatchObject([{ path: "target.connection.path", message: "writing files to https://" }]);
    const bucket = await load(target("parquet", "{ connection: { path: gs://b/lake/ } }"));
    expect([bucket.planned, bucket.target.path, bucket.target.store]).toMatchObject([
      [],
      "gs://b/lake",
      { bucket: "b" },
    ]);
  });

  it.each([
    ["catalog: nessie", "target.catalog: registering files with a table catalog"],
    ["catalog: { type: nessie, uri: x }", "target.catalog: registering files with a table catalog"],
    ["markdown_kv_storage: { mode: string }", "target.markdown_kv_storage: writing Markdown-KV"],
  ])("target: %s", async (keys, ...findings) => {
    expect(await plannedOf(target("parquet", `{ connection: { path: x }, ${keys} }`))).toEqual(findings);
  });

  it.each(["partitioning: [a]", "layout: flat"])("target: %s asks for nothing", async (keys) => {
    expect(await plannedOf(target("parquet", `{ connection: { path: x }, ${keys} }`))).toEqual([]);
  });

  it("what a custom writer is given is its own business", async () => {
    const job = await load(
      target(
        "anything",
        '{ custom_writer: "w.ts:W", catalog: { type: x }, partitioning: [a], connection: { path: "https://api/x" } }',
      ),
      {},
      { "w.ts": "" },
    );
    expect(job.planned).toEqual([]);
    expect(job.target.config).toMatchObject({ catalog: { type: "x" }, partitioning: ["a"] });
    expect(job.target.path).toBeUndefined();
  });

  it("those of a recipe are found in the recipe", async () => {
    const job = target("parquet", "{ connection: { path: x } }").replace(
      "target_connector: parquet",
      "target_connector_path: mine.yaml",
    );
    const { planned } = await load(job, {}, { "mine.yaml": "name: m\ntype: parquet\ncatalog: nessie\n" });
    expect(planned).toEqual([
      {
        file: "mine.yaml",
        line: 3,
        column: 10,
        path: "catalog",
        place: "mine.yaml:3:10  catalog",
        message: "registering files with a table catalog",
      },
    ]);
  });
});

describe("plugins", () => {
  const reader = (path: string): string => source("anything", `{ custom_reader: "${path}" }`);

  it.each([
    ["/app/plugins/my_reader.py:MyReader", "Python plugins are not run; port the class to TypeScript or Rust"],
    [
      "s3://acme-plugins/readers/json_reader.py:JSONReader",
      "Python plugins are not run; port the class to TypeScript or Rust",
    ],
  ])("%s is not built", async (path, finding) => {
    expect(await plannedOf(reader(path.replaceAll("\\\\\\\\", "\\\\")))).toEqual([`source.custom_reader: ${finding}`]);
  });

  it.each([
    ["reader.ts", "DTV_PLUGIN_PATH", "Plugin path must be in format 'path/to/module.ts:ClassName', got: reader.ts"],
    ["reader.ts:", "DTV_PLUGIN_PATH", "Plugin path must be in format 'path/to/module.ts:ClassName', got: reader.ts:"],
    ["libx.so", "DTV_PLUGIN_PATH", "Plugin path must be in format 'path/to/libx.so:create_reader', got: libx.so"],
    [":R", "DTV_PLUGIN_PATH", "Plugin path must be in format 'path/to/module.ts:ClassName', got: :R"],
    ["a:b/c", "DTV_PLUGIN_PATH", "Plugin path must be in format 'path/to/module.ts:ClassName', got: a:b/c"],
    [
      "reader.rb:R",
      "DTV_PLUGIN_PATH",
      "Plugin files end in .ts, .mts, .cts, .js, .mjs, .cjs, .so, .dylib, .dll; got: reader.rb",
    ],
    ["ftp://host/reader.ts:R", "DTV_PLUGIN_PATH", "Unsupported plugin scheme: ftp"],
    ["s3://bucket:R", "DTV_PLUGIN_PATH", "s3:// URIs must include both bucket and key, got: s3://bucket"],
    ["/nowhere/libx.so:create", "DTV_PLUGIN_NOT_FOUND", "Rust plugin library not found: /nowhere/libx.so"],
    ["/nowhere/plugin.ts:R", "DTV_PLUGIN_NOT_FOUND", "Plugin module not found: /nowhere/plugin.ts"],
  ])("%s is a fault", async (path, code, message) => {
    const error = await errorOf(load(reader(path)));
    expect(error.code).toBe(code);
    expect(error.message).toBe(`job.yaml:3:26  source.custom_reader: ${message}`);
  });

  it("are found from the working directory and beside the job", async () => {
    const job = await load(reader("plugins/reader.mts:R"), {}, { "plugins/reader.mts": "" });
    expect(job.source.custom).toMatch(/^\/.*\/plugins\/reader\.mts:R$/);
    expect(job.source.config.customReader).toBe(job.source.custom);
    expect((await errorOf(load(reader("plugins/reader.ts:R")))).message).toMatch(
      /Plugin module not found: plugins\/reader\.ts \(looked for \/.*\/plugins\/reader\.ts\)$/,
    );
  });

  it("need no registered type, no role and no recipe", async () => {
    const files = {
      "r.ts": "",
      "base.yaml": "name: base\ntype: never_registered\nconnection_template: { host: h, key: '${UNSET}' }\n",
    };
    const job = source("x", '{ custom_reader: "r.ts:R" }');
    expect((await load(job, {}, files)).source).toMatchObject({ connector: "x", type: "custom" });
    const based = await load(
      job.replace("source_connector: x", "source_connector: x\nsource_connector_path: base.yaml"),
      {},
      files,
    );
    expect(based.source).toMatchObject({ connector: "x", type: "never_registered" });
    expect(based.source.config.connection).toEqual({ host: "h" });
    expect((await load(job.replace("source_connector: x\n", ""), {}, files)).source).toMatchObject({
      connector: "custom",
      type: "custom",
    });
  });

  it("a recipe that is named and not there is a warning", async () => {
    const job = source("x\nsource_connector_path: gone.yaml", '{ custom_reader: "r.ts:R" }');
    const { warnings } = await load(job, {}, { "r.ts": "" });
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^Connector recipe not found: gone\.yaml \(looked for .*\); the custom plugin works without it$/,
      ),
    ]);
  });

  it("a base recipe that stays at home lets its pinned plugin go to the cloud", async () => {
    const pins = `plugins: { pins: { r.ts: "sha256:${"0".repeat(64)}" } }\n`;
    const job = source("postgres", '{ custom_reader: "r.ts:R", tables: [{ name: users }] }') + pins;
    expect(await plannedOf(job, { mode: "cloud" }, { "r.ts": "" })).toEqual([]);
  });
});
