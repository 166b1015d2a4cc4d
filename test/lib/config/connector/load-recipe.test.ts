import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadRecipe } from "../../../../lib/config/connector/load-recipe.ts";
import { loadRegistry } from "../../../../lib/config/connector/load-registry.ts";
import { errorOf, workspace } from "../workspace.ts";

describe("a recipe", () => {
  it("comes by name or by path, its variables filled in", async () => {
    expect((await loadRecipe("csv", { env: {} })).type).toBe("csv");
    const cwd = workspace({
      "mine.yaml": "name: mine\ntype: csv\nconnection_template: { host: '${H:-h}' }\nrate_limits: { rps_default: 1 }\n",
    });
    expect(await loadRecipe("mine.yaml", { cwd, env: {} })).toEqual({
      name: "mine",
      type: "csv",
      description: undefined,
      roles: [],
      defaultEngine: { type: "native", options: {} },
      credentials: {},
      connectionTemplate: { host: "h" },
      incremental: {},
      rateLimits: { rps_default: 1 },
      fileFormat: undefined,
      partitioningDefault: [],
    });
  });

  it("that is not there is missed, with the nearest name", async () => {
    const error = await errorOf(loadRecipe("parqet", { cwd: "/nowhere", env: {} }));
    expect(error.code).toBe("DTV_CONFIG_NOT_FOUND");
    expect(error.message).toBe(
      "parqet  Connector recipe not found: parqet (looked for /nowhere/parqet); did you mean 'parquet'?",
    );
  });

  it("has its faults listed", async () => {
    const cwd = workspace({
      "mine.yaml": "type: csv\nrole: x\ndefault_engine: { type: spork }\ncredentials: { from_env: '${X}' }\n",
    });
    expect((await errorOf(loadRecipe("mine.yaml", { cwd, env: {} }))).message.split("\n")).toEqual([
      "mine.yaml:1:1  name: is required",
      "mine.yaml:2:1  role: unknown key 'role'; did you mean 'roles'?",
      "mine.yaml:3:25  default_engine.type: expected one of 'native', 'airbyte', 'meltano', 'singer', 'jdbc', 'spark', got 'spork'; did you mean 'spark'?",
    ]);
    const unset = workspace({ "mine.yaml": "name: m\ntype: csv\ncredentials: { from_env: '${X}' }\n" });
    expect((await errorOf(loadRecipe("mine.yaml", { cwd: unset, env: {} }))).code).toBe("DTV_VARIABLE_UNSET");
  });
});

describe("the registry", () => {
  it("says what each type can do", async () => {
    const { connectors } = await loadRegistry({ cwd: "/" });
    expect(connectors["postgres"]).toMatchObject({
      type: "postgres",
      roles: ["source", "target"],
      category: "database",
      defaultEngine: "meltano",
      enginesSupported: ["meltano", "airbyte", "jdbc"],
      allowedInCloud: false,
      supportsIncremental: true,
      incrementalStrategyDefault: "updated_at",
      requiresTables: true,
      supportsQueries: true,
    });
    expect(connectors["iceberg"]).toMatchObject({
      roles: ["target"],
      supportsSchemaEvolution: true,
      supportsIncremental: false,
    });
  });

  it("of the working directory is the shipped one when they are the same file", async () => {
    const cwd = workspace({ "registry/connectors.yaml": "version: 3\nconnectors: {}\n" });
    expect((await loadRegistry({ cwd, packageRoot: cwd })).connectors).toEqual({});
  });

  it("has faults of both files listed", async () => {
    const cwd = workspace({
      "registry/connectors.yaml": "version: three\n",
      "pkg/registry/connectors.yaml": "conectors: {}\n",
    });
    const error = await errorOf(loadRegistry({ cwd, packageRoot: join(cwd, "pkg") }));
    expect(error.message.split("\n")).toEqual([
      "pkg/registry/connectors.yaml:1:1  conectors: unknown key 'conectors'; did you mean 'connectors'?",
      "registry/connectors.yaml:1:10  version: expected a number, got text",
    ]);
  });
});
