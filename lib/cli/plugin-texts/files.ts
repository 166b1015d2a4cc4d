import { formatYaml } from "../../config/yaml/format-yaml.ts";
import type { PluginProject } from "./project.ts";
import { rustFiles, rustPath } from "./rust.ts";
import { typescriptFiles, typescriptPath } from "./typescript.ts";

/** Every file of a project, by its name: it is tried by `npm test` and run by `npm start`. */
export function pluginFiles(project: PluginProject): Readonly<Record<string, string>> {
  const { name, kind, lang } = project;
  return {
    ...(lang === "rust" ? rustFiles(project) : typescriptFiles(project)),
    "job.yaml": jobText(project),
    "asset.yaml": assetText(name),
    ...(kind === "reader" ? { "data.json": DATA_JSON } : { "data.csv": DATA_CSV }),
  };
}

function jobText({ kind, name, lang }: PluginProject): string {
  const plugin = lang === "rust" ? rustPath(kind, name) : typescriptPath(name);
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
