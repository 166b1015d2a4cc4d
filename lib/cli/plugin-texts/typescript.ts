import { classOf, type PluginKind, type PluginProject } from "./project.ts";

/** `plugin.test.mjs` tries the class, which needs no build. */
export function typescriptFiles(project: PluginProject): Readonly<Record<string, string>> {
  const { name, kind } = project;
  return {
    "package.json": packageText(project),
    [`${name}.ts`]: CODE[kind].replaceAll("CLASS", classOf(name)),
    "plugin.test.mjs": testText(name),
  };
}

export function typescriptPath(name: string): string {
  return `./${name}.ts:${classOf(name)}`;
}

function packageText({ name, dativo }: PluginProject): string {
  const scripts = { test: "node --test", start: "dativo run --config job.yaml" };
  const document = { name, private: true, type: "module", scripts, devDependencies: { "dativo-ingest": dativo } };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function testText(name: string): string {
  return `import { spawnSync } from "node:child_process";
import assert from "node:assert/strict";
import { test } from "node:test";

test("the plugin keeps every behaviour of its kind", () => {
  const check = ["dativo", "plugin", "check", "${typescriptPath(name)}", "--config", "job.yaml"];
  const { status, stdout, stderr } = spawnSync("npx", check, { cwd: import.meta.dirname, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
});
`;
}

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
