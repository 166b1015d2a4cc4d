/**
 * Every job and recipe that the guide "Custom Readers and Writers" shows. `/app` stands for the folder that a user
 * installs connectors, assets and plugins in; fragments of jobs are completed with what the guide leaves out.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadRecipe } from "../../../lib/config/connector/load-recipe.ts";
import { loadJob } from "../../../lib/config/job/load-job.ts";
import { workspace } from "./workspace.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const shipped = (name: string): string => readFileSync(join(ROOT, "connectors", `${name}.yaml`), "utf8");

const APP = {
  "connectors/csv.yaml": shipped("csv"),
  "connectors/s3.yaml": shipped("s3"),
  "connectors/postgres.yaml": shipped("postgres"),
  "connectors/parquet.yaml": shipped("parquet"),
  "assets/my_data.yaml":
    "name: my_data\nversion: 1.0\nschema: [{ name: id, type: integer, required: true }]\nteam: { owner: x@example.com }\n",
};

/** What a fragment of a job in the guide leaves out. */
const FRAME = {
  tenant: "tenant_id: acme\n",
  asset: "asset_path: /app/assets/my_data.yaml\n",
  source: "source_connector: csv\nsource: { files: [{ path: /data/x.csv }] }\n",
  target: "target_connector: parquet\ntarget: { connection: { path: /app/lake } }\n",
};

async function loadExample(yaml: string, env: Record<string, string> = {}, suffix = ".py") {
  const plugins = Object.fromEntries(
    [...yaml.matchAll(/\/app\/(plugins\/[\w/]+)\.py:/g)].map((match) => [`${match[1]}${suffix}`, ""]),
  );
  const libraries = Object.fromEntries(
    [...yaml.matchAll(/"(?:\/app\/)?((?:examples\/)?plugins\/[\w/]+\.so):/g)].map((match) => [match[1] as string, ""]),
  );
  const app = workspace({ ...APP, ...plugins, ...libraries });
  const text = yaml.replaceAll("/app/", `${app}/`).replaceAll(".py:", `${suffix}:`);
  const file = join(app, "job.yaml");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(file, text);
  return loadJob(file, { env, cwd: app });
}

const READER_JOB = `
tenant_id: acme
environment: prod
source_connector: my_custom_source
source_connector_path: /app/connectors/my_source.yaml
target_connector: s3
target_connector_path: /app/connectors/s3.yaml
asset: my_data
asset_path: /app/assets/my_data.yaml
source:
  custom_reader: "/app/plugins/my_custom_reader.py:MyCustomReader"
  connection:
    endpoint: "https://api.example.com"
  credentials:
    api_key: "\${MY_API_KEY}"
  objects: ["users", "orders"]
  engine:
    options:
      batch_size: 5000
target:
  connection:
    bucket: "my-data-lake"
`;

const WRITER_JOB = `
tenant_id: acme
environment: prod
source_connector: postgres
source_connector_path: /app/connectors/postgres.yaml
target_connector: my_custom_target
target_connector_path: /app/connectors/my_target.yaml
asset: my_data
asset_path: /app/assets/my_data.yaml
source:
  tables:
    - name: "users"
target:
  custom_writer: "/app/plugins/my_custom_writer.py:MyCustomWriter"
  connection:
    endpoint: "https://api.example.com"
    api_key: "\${TARGET_API_KEY}"
`;

describe("the guide's jobs", () => {
  it("a custom reader gets connection, credentials, objects and options", async () => {
    const job = await loadExample(READER_JOB, { MY_API_KEY: "canary-guide" });
    expect(job.source).toMatchObject({ connector: "my_custom_source", type: "custom" });
    expect(job.source.config).toMatchObject({
      connection: { endpoint: "https://api.example.com" },
      credentials: { api_key: "canary-guide" },
      objects: ["users", "orders"],
      engine: { options: { batch_size: 5000 } },
    });
    expect(job.target).toMatchObject({ path: "s3://my-data-lake", format: "parquet" });
    expect(job.asset.name).toBe("my_data");
    expect(job.planned.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "source.custom_reader: Python plugins are not run; port the class to TypeScript or Rust",
    ]);
  });

  it("a custom writer needs no bucket and no registered target", async () => {
    const job = await loadExample(WRITER_JOB, { TARGET_API_KEY: "canary-target" });
    expect(job.target).toMatchObject({ connector: "my_custom_target", type: "custom", path: undefined });
    expect(job.target.config.connection).toEqual({ endpoint: "https://api.example.com", api_key: "canary-target" });
    expect(job.source.config.tables).toEqual([{ name: "users" }]);
  });

  it.each([
    [
      "the reader job",
      READER_JOB.replace("/app/connectors/s3.yaml", "/app/connectors/parquet.yaml").replace(
        'bucket: "my-data-lake"',
        "path: lake",
      ),
    ],
    [
      "the writer job",
      WRITER_JOB.replace("/app/connectors/postgres.yaml", "/app/connectors/csv.yaml").replace(
        /tables:[\s\S]*?"users"/,
        "files: [{ path: users.csv }]",
      ),
    ],
  ])("%s runs when its plugin is TypeScript", async (_, yaml) => {
    expect((await loadExample(yaml, { MY_API_KEY: "canary-a", TARGET_API_KEY: "canary-b" }, ".ts")).planned).toEqual(
      [],
    );
  });
});

describe("the guide's fragments", () => {
  it.each([
    [
      "a connector just for metadata",
      `${FRAME.tenant}${FRAME.asset}${FRAME.target}source_connector: custom_api
source_connector_path: /app/connectors/csv.yaml
source:
  custom_reader: "/app/plugins/json_api_reader.py:JSONAPIReader"
  connection:
    base_url: "https://api.example.com"
`,
    ],
    [
      "a connector as a base",
      `${FRAME.tenant}${FRAME.asset}${FRAME.target}source_connector: postgres
source_connector_path: /app/connectors/postgres.yaml
source:
  custom_reader: "/app/plugins/my_custom_postgres_reader.py:MyReader"
`,
    ],
    [
      "plugins in cloud storage",
      `${FRAME.tenant}${FRAME.asset}source:
  custom_reader: "s3://acme-plugins/readers/json_reader.py:JSONReader"
target:
  custom_writer: "gs://acme-plugins/writers/libparquet_writer.so:create_writer"
`,
    ],
    [
      "a Rust reader",
      `${FRAME.tenant}${FRAME.asset}${FRAME.target}source:
  custom_reader: "examples/plugins/rust/target/release/libcsv_reader_plugin.so:create_reader"
  files:
    - path: "/data/large_file.csv"
  engine:
    options:
      batch_size: 50000
`,
    ],
    [
      "options of the Rust reader",
      `${FRAME.tenant}${FRAME.asset}${FRAME.target}source:
  custom_reader: "/app/plugins/rust/target/release/libcsv_reader_plugin.so:create_reader"
  engine:
    options:
      batch_size: 50000  # Larger batches for Rust
      delimiter: ","
`,
    ],
    [
      "options of the Rust writer",
      `${FRAME.tenant}${FRAME.asset}${FRAME.source}target:
  custom_writer: "/app/plugins/rust/target/release/libparquet_writer_plugin.so:create_writer"
  engine:
    options:
      compression: "zstd"  # Best compression
      row_group_size: 500000
`,
    ],
    [
      "a nested S3 connection",
      `${FRAME.tenant}${FRAME.asset}${FRAME.source}target:
  custom_writer: "/app/plugins/delta_writer.py:DeltaLakeWriter"
  connection:
    s3: { region: us-east-1, access_key: AKIA-canary, secret_key: secret-canary, bucket: lake }
`,
    ],
  ])("%s loads", async (_, yaml) => {
    const job = await loadExample(yaml);
    expect(job.planned.every(({ path }) => /custom_(reader|writer)$/.test(path))).toBe(true);
  });

  it("the base recipe's connection reaches the plugin", async () => {
    const yaml = `${FRAME.tenant}${FRAME.asset}${FRAME.target}source_connector: postgres
source_connector_path: /app/connectors/postgres.yaml
source: { custom_reader: "/app/plugins/r.py:R", tables: [{ name: t }], connection: { database: mine } }
`;
    const job = await loadExample(yaml, { PGHOST: "db.example.com" }, ".ts");
    expect(job.planned).toEqual([]);
    expect(job.source).toMatchObject({ connector: "postgres", type: "postgres" });
    expect(job.source.config.connection).toEqual({
      host: "db.example.com",
      port: 5432,
      database: "mine",
      user: "postgres",
    });
  });
});

it("the guide's recipe loads", async () => {
  const folder = workspace({
    "hubspot.yaml": `name: hubspot
type: hubspot
default_engine:
  type: airbyte
  options:
    airbyte:
      docker_image: "airbyte/source-hubspot:0.2.0"
credentials:
  type: api_key
  from_env: HUBSPOT_API_KEY
`,
  });
  expect(await loadRecipe(join(folder, "hubspot.yaml"), { env: {} })).toMatchObject({
    name: "hubspot",
    roles: [],
    defaultEngine: { type: "airbyte", options: { airbyte: { docker_image: "airbyte/source-hubspot:0.2.0" } } },
    credentials: { type: "api_key", from_env: "HUBSPOT_API_KEY" },
  });
});
