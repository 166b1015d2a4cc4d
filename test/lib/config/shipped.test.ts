import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadAsset } from "../../../lib/config/asset/load-asset.ts";
import { loadRecipe } from "../../../lib/config/connector/load-recipe.ts";
import { loadRegistry } from "../../../lib/config/connector/load-registry.ts";
import { loadJob } from "../../../lib/config/job/load-job.ts";
import { packageRoot } from "../../../lib/storage/package-root.ts";
import { workspace } from "./workspace.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const recipes = readdirSync(join(ROOT, "connectors")).map((file) => file.replace(/\.yaml$/, ""));
const assets = readdirSync(join(ROOT, "assets"));
/** Variables that recipes need. */
const env = { S3_BUCKET: "b", MINIO_BUCKET: "b", MINIO_ACCESS_KEY: "minio-access", MINIO_SECRET_KEY: "minio-secret" };

describe("what ships", () => {
  it("is found from anywhere", () => {
    expect(`${packageRoot()}/`).toBe(ROOT);
  });

  it("has a recipe for every type but azure_blob, and a type for every recipe", async () => {
    const { connectors } = await loadRegistry({ cwd: "/" });
    expect(Object.keys(connectors).sort()).toEqual([...recipes, "azure_blob"].sort());
  });

  it.each(recipes)("recipe %s agrees with the registry", async (name) => {
    const { connectors } = await loadRegistry({ cwd: "/" });
    const recipe = await loadRecipe(name, { env });
    const connector = connectors[recipe.type];
    expect(recipe.name).toBe(name);
    expect(recipe.roles).toEqual(connector?.roles);
    expect(recipe.defaultEngine.type).toBe(connector?.defaultEngine);
    if (recipe.incremental["strategy"] !== undefined) {
      expect(recipe.incremental["strategy"]).toBe(connector?.incrementalStrategyDefault);
    }
    if (recipe.fileFormat !== undefined && connector?.fileFormats)
      expect(connector.fileFormats).toContain(recipe.fileFormat);
  });

  it.each(assets)("contract %s has no finding", async (name) => {
    const asset = await loadAsset(join(ROOT, "assets", name));
    expect(asset.name).toBe(name.replace(/\.yaml$/, ""));
    expect(asset.primaryKey.length).toBeGreaterThan(0);
  });

  it("a ZIP code is text of five digits", async () => {
    const asset = await loadAsset(join(ROOT, "assets/zipcodes.yaml"));
    expect(asset.fields[0]).toMatchObject({
      name: "zip_code",
      type: { kind: "string" },
      pattern: "^[0-9]{5}$",
      required: true,
      primaryKey: true,
    });
  });

  it.each(["arrow", "avro", "csv", "json", "jsonl", "parquet"])(
    "%s runs on both sides with nothing but paths",
    async (name) => {
      const cwd = workspace({});
      const job = await loadJob(
        {
          tenant_id: "acme",
          source_connector: name,
          source: { files: [{ path: "x" }] },
          target_connector: name,
          target: { connection: { path: "y" } },
          asset_path: join(ROOT, "assets/weather.yaml"),
        },
        { cwd, env: {} },
      );
      expect(job.planned).toEqual([]);
      expect(job.source.config.engine.options).toEqual({});
      expect(job.target.config.engine.options).toEqual({});
    },
  );
});
