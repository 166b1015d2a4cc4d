import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { factsOf, unwrap } from "../../../lib/config/document/declaration.ts";
import {
  DOCUMENT_KINDS,
  DOCUMENTS,
  type DocumentKind,
  jsonSchemaOf,
} from "../../../lib/config/reference/json-schema.ts";
import { referencePage } from "../../../lib/config/reference/reference-page.ts";
import { parseYaml } from "../../../lib/config/yaml/parse-yaml.ts";
import { accepts } from "./accepts.ts";
import { ASSET, smallJob } from "./workspace.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Every key of a declaration, with its path. */
function keysOf(schema: z.ZodType, at = "", above: readonly z.ZodType[] = []): [path: string, schema: z.ZodType][] {
  const type = unwrap(schema);
  if (above.includes(type)) return [];
  const within = [...above, type];
  if (type instanceof z.ZodArray) return keysOf(type.element as z.ZodType, `${at}[]`, within);
  if (type instanceof z.ZodRecord) return keysOf(type.valueType as z.ZodType, `${at}.*`, within);
  if (type instanceof z.ZodUnion)
    return (type.options as z.ZodType[]).flatMap((option, i) => keysOf(option, `${at}|${i}`, within));
  if (!(type instanceof z.ZodObject)) return [];
  return Object.entries(type.shape).flatMap(([key, child]) => [
    [`${at}.${key}`, child as z.ZodType],
    ...keysOf(child as z.ZodType, `${at}.${key}`, within),
  ]);
}

describe.each(DOCUMENT_KINDS)("the declaration of %s", (kind) => {
  const keys = keysOf(DOCUMENTS[kind]);

  it("says what every key means, in one sentence without its full stop", () => {
    expect(keys.length).toBeGreaterThan(10);
    const wrong = keys.filter(([, schema]) => !/^[^\s].*[^.\s]$/s.test(factsOf(schema).description ?? ""));
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  it("writes a reference page with a row for every key", () => {
    const page = referencePage(kind);
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    const forms = kind === "asset" ? 3 : 1;
    const flat = keys.length;
    expect(rows.length).toBeGreaterThanOrEqual(forms === 3 ? flat * 0.9 : flat);
    for (const row of rows) expect(row.replaceAll("\\|", "").split("|")).toHaveLength(6);
  });
});

describe("reference pages", () => {
  it("show type, default, need and what is not built", () => {
    const page = referencePage("job");
    expect(page).toContain("| `tenant_id` | text |  | Whose data this is: [a-z0-9][a-z0-9_-]{0,62}. **Required.** |");
    expect(page).toContain('| `schema_validation_mode` | `strict`, `warn` | `"strict"` |');
    expect(page).toContain("| `source.files[].path` | text |  |");
    expect(page).toContain("*Not built yet: registering files with a table catalog.*");
    expect(page).toContain("| `max_errors` | whole number |");
  });

  it("of an asset have a table for each form", () => {
    expect(referencePage("asset").match(/^## /gm)).toHaveLength(3);
    expect(referencePage("asset")).toContain("| `asset.governance.owner` |");
    expect(referencePage("asset")).toContain("| `schema[].properties[].logicalTypeOptions.minLength` |");
  });
});

const yaml = (path: string): unknown => parseYaml(readFileSync(join(ROOT, path), "utf8"), path).value;
const files = (folder: string): string[] => readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`);

describe("JSON Schemas", () => {
  it.each(DOCUMENT_KINDS)("%s is draft 2020-12 with descriptions", (kind) => {
    const schema = jsonSchemaOf(kind);
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema["title"]).toBe(`Dativo ${kind}`);
    expect(JSON.stringify(schema)).toContain('"description"');
    expect(JSON.stringify(schema)).not.toContain('"built"');
    expect(JSON.stringify(schema)).not.toContain(String(Number.MAX_SAFE_INTEGER));
  });

  const examples: [DocumentKind, string, unknown][] = [
    ...files("connectors").map((path): [DocumentKind, string, unknown] => ["connector", path, yaml(path)]),
    ...files("assets").map((path): [DocumentKind, string, unknown] => ["asset", path, yaml(path)]),
    ["registry", "registry/connectors.yaml", yaml("registry/connectors.yaml")],
    ["job", "the smallest", parseYaml(smallJob(), "x").value],
    [
      "job",
      "with sections",
      parseYaml(
        smallJob(
          "max_errors: 3\nmax_error_rate: 0.1\nlogging: { level: INFO }\nplugins: { sandbox: { mode: process } }\nmap: { select: [a] }\n",
        ),
        "x",
      ).value,
    ],
    ["asset", "flat", parseYaml(ASSET, "x").value],
    [
      "asset",
      "nested",
      { asset: { name: "a", version: 1, schema: [{ name: "b", type: "string" }], governance: { owner: "o" } } },
    ],
  ];

  it.each(examples)("%s: %s is taken by schema and parser alike", (kind, _, value) => {
    expect(DOCUMENTS[kind].safeParse(value).success).toBe(true);
    expect(accepts(jsonSchemaOf(kind), value)).toBe(true);
  });

  const job = parseYaml(smallJob(), "x").value;
  it.each([
    ["job", { ...job, foo: 1 }],
    ["job", { ...job, tenant_id: 1 }],
    ["job", { ...job, asset_path: undefined, max_errors: -1 }],
    ["job", { ...job, schema_validation_mode: "maybe" }],
    ["job", { ...job, target: { layout: "deep" } }],
    ["connector", { type: "x" }],
    ["connector", { name: "x", type: "x", roles: ["reader"] }],
    ["registry", { connectors: { x: { roles: [] } } }],
    ["asset", { name: "a", schema: [] }],
    ["asset", { name: "a", schema: [{ name: "b", type: "string", requird: true }] }],
    ["asset", { name: "a", schema: [{ name: "b", properties: [{ name: "c", logicalType: "text" }] }] }],
    ["asset", { asset: { name: "a", schema: [{ type: "string" }] } }],
  ] as [DocumentKind, unknown][])("%s: %j is refused by both", (kind, value) => {
    expect(DOCUMENTS[kind].safeParse(value).success).toBe(false);
    expect(accepts(jsonSchemaOf(kind), value)).toBe(false);
  });
});
