import { formatYaml } from "../config/yaml/format-yaml.ts";

export const PLUGIN_KINDS = ["reader", "transform", "writer"] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** What a project for a plugin is made of. */
export interface PluginProject {
  readonly kind: PluginKind;
  /** Of the folder, the files and the job. */
  readonly name: string;
  /** What npm installs as `dativo-ingest`. */
  readonly dativo: string;
}

/** Every file of a project, by its name: it is tried by `npm test` and run by `npm start`. */
export function pluginFiles(project: PluginProject): Readonly<Record<string, string>> {
  const { name, kind } = project;
  return {
    "package.json": packageText(project),
    [`${name}.ts`]: CODE[kind].replaceAll("CLASS", classOf(name)),
    "plugin.test.mjs": testText(project),
    "job.yaml": jobText(project),
    "asset.yaml": assetText(name),
    ...(kind === "reader" ? { "data.json": DATA_JSON } : { "data.csv": DATA_CSV }),
  };
}

/** `my-reader` is exported as `MyReader`. */
export function classOf(name: string): string {
  return name.replace(/(?:^|[-_])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function packageText({ name, dativo }: PluginProject): string {
  const scripts = { test: "node --test", start: "dativo run --config job.yaml" };
  const document = { name, private: true, type: "module", scripts, devDependencies: { "dativo-ingest": dativo } };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function testText({ name }: PluginProject): string {
  return `import { spawnSync } from "node:child_process";
import assert from "node:assert/strict";
import { test } from "node:test";

test("the plugin keeps every behaviour of its kind", () => {
  const check = ["dativo", "plugin", "check", "./${name}.ts:${classOf(name)}", "--config", "job.yaml"];
  const { status, stdout, stderr } = spawnSync("npx", check, { cwd: import.meta.dirname, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
});
`;
}

function jobText({ kind, name }: PluginProject): string {
  const plugin = `./${name}.ts:${classOf(name)}`;
  const fromCsv = { source_connector: "csv", source: { files: [{ path: "data.csv" }] } };
  const parts = {
    reader: {
      source_connector: "custom",
      source: { custom_reader: plugin, connection: { path: "data.json" } },
    },
    transform: { ...fromCsv, transforms: [{ plugin, options: { of: "name" } }] },
    writer: fromCsv,
  }[kind];
  const target = { ...(kind === "writer" ? { custom_writer: plugin } : {}), connection: { path: `lake/${name}` } };
  return formatYaml(
    {
      name,
      tenant_id: "local",
      ...parts,
      target_connector: kind === "writer" ? "custom" : "jsonl",
      target,
      asset_path: "asset.yaml",
    },
    ["dativo run --config job.yaml"],
  );
}

function assetText(name: string): string {
  const schema = [
    { name: "id", type: "integer", required: true },
    { name: "name", type: "string", required: true },
  ];
  return formatYaml({ name: name.replaceAll("-", "_"), version: "1.0.0", schema }, ["What every record has to keep."]);
}

const DATA_CSV = "id,name\n1,Ada\n2,Grace\n3,Edsger\n";
const DATA_JSON = '[{ "id": 1, "name": "Ada" }, { "id": 2, "name": "Grace" }, { "id": 3, "name": "Edsger" }]\n';

const CODE: Readonly<Record<PluginKind, string>> = {
  reader: `import { readFile } from "node:fs/promises";
import { BaseReader, type IncrementalStateManager } from "dativo-ingest";

/** Reads a file that is a JSON array, which may grow at its end. */
export class CLASS extends BaseReader {
  async *extract(state?: IncrementalStateManager) {
    const text = await readFile(String(this.sourceConfig.connection["path"]), "utf8");
    const records: Record<string, unknown>[] = JSON.parse(text);
    for (let at = Number(state?.position ?? 0); at < records.length; at += 1000) {
      const batch = records.slice(at, at + 1000);
      // Where the next run goes on; it is kept only after the commit.
      yield { batch, position: at + batch.length };
    }
  }
}
`,
  transform: `import { BaseTransform, type Batch, RowBatch, Schema } from "dativo-ingest";

/** Adds a column with the first letter of another. */
export class CLASS extends BaseTransform {
  readonly #from = String(this.options["of"]);
  #output = new Schema([]);

  override open(schema: Schema) {
    this.#output = new Schema([...schema.fields, { name: "initial", type: { kind: "string" }, nullable: true }]);
    return this.#output;
  }

  apply(batch: Batch) {
    const rows = [...batch].map((row) => ({ ...row, initial: String(row[this.#from] ?? "").slice(0, 1) }));
    return RowBatch.fromRows(rows, this.#output, { provenance: batch.provenance });
  }
}
`,
  writer: `import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BaseWriter, type Row } from "dativo-ingest";

/** Writes each batch as a file of lines. Without commitFiles, Dativo publishes the files in its own commit. */
export class CLASS extends BaseWriter {
  async writeBatch(records: Row[], fileCounter: number) {
    const path = join(this.outputBase, \`part-\${fileCounter}.txt\`);
    await writeFile(path, records.map((row) => \`\${Object.values(row).join(" ")}\\n\`).join(""));
    return [{ path, recordCount: records.length }];
  }
}
`,
};
