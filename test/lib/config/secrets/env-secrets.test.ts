import { describe, expect, it } from "vitest";
import { openSecretManager } from "../../../../lib/config/secrets/open-secret-manager.ts";
import { errorOf } from "../workspace.ts";

const env = {
  DATIVO_SECRET__ACME__TOKEN: "acme-token",
  DATIVO_SECRET__ACME__HUBSPOT__API_KEY: "acme-hubspot",
  DATIVO_SECRET__ACME_EU__TOKEN: "eu-token",
  DATIVO_SECRET__GLOBAL__SHARED: "global-shared",
  DATIVO_SECRET__ALL__EVERYBODY: "all-everybody",
  DATIVO_SECRET__GLOBAL__TOKEN: "global-token",
  DATIVO_SECRET__ACME__ACCOUNT__json: '{"user":"bob","password":"json-password"}',
  DATIVO_SECRET__ACME__DOTENV__env: "A=1\nexport B='two words'\n# note\n",
  DATIVO_SECRET__ACME__PADDED__text: "  padded text  ",
  DATIVO_SECRET__ACME__EXACT__raw: " ${HOME} $x\n",
  DATIVO_SECRET__ACME__BROKEN__json: "{canary",
  DATIVO_SECRET__ACME__JSON: "not a hint",
  DATIVO_SECRET__A__B__TOKEN: "of tenant a",
  DATIVO_SECRET__ACME__EMPTY: "",
  OTHER: "x",
};
const manager = openSecretManager("env", env);
const get = async (tenant: string, name: string) => (await manager.get(tenant, name))?.reveal();

describe("the environment as a secret manager", () => {
  it.each([
    ["acme", "token", "acme-token"],
    ["acme", "hubspot_api_key", "acme-hubspot"],
    ["acme-eu", "token", "eu-token"],
    ["acme_eu", "token", "eu-token"],
    ["other", "token", "global-token"],
    ["acme", "shared", "global-shared"],
    ["acme", "everybody", "all-everybody"],
    ["acme", "account", { user: "bob", password: "json-password" }],
    ["acme", "dotenv", { A: "1", B: "two words" }],
    ["acme", "padded", "padded text"],
    ["acme", "exact", " ${HOME} $x\n"],
    ["acme", "json", "not a hint"],
    ["acme", "missing", undefined],
    ["acme", "empty", undefined],
    ["other", "hubspot_api_key", undefined],
  ])("%s, %s", async (tenant, name, value) => {
    expect(await get(tenant, name)).toEqual(value);
  });

  it("has no scope for a tenant whose id would read as another's", async () => {
    expect(await get("a", "b_token")).toBe("of tenant a");
    expect(await get("a__b", "token")).toBe("global-token");
    expect(await get("global", "shared")).toBe("global-shared");
    expect(await get("a_", "token")).toBe("global-token");
    expect(manager.describeMissing("a__b", "token")).toContain("cannot be told apart");
    expect(manager.describeMissing("global", "token")).toContain("cannot be told apart");
    expect(manager.describeMissing("acme-eu", "hubspot_api_key")).toBe("set DATIVO_SECRET__ACME_EU__HUBSPOT_API_KEY");
  });

  it("does not show a payload that does not parse", async () => {
    const error = await errorOf(manager.get("acme", "broken"));
    expect(error.message).toBe("The secret in DATIVO_SECRET__ACME__BROKEN__json is marked as JSON and does not parse");
    expect(error.cause).toBeUndefined();
  });
});

describe("other managers", () => {
  it.each([
    "filesystem",
    "fs",
    "file",
    "vault",
    "hashicorp",
    "hashicorp_vault",
    "aws",
    "aws_secrets_manager",
    "gcp",
    "gcp_secret_manager",
    "VAULT",
  ])("%s is known and not built", async (name) => {
    const error = await errorOf(() => openSecretManager(name, {}));
    expect(error.code).toBe("DTV_NOT_BUILT");
    expect(error.message).toMatch(
      /^The secret manager '\w+' is not built yet; this version reads secrets from the environment \('env'\)$/,
    );
  });

  it("an unknown name is answered with those that there are", async () => {
    const error = await errorOf(() => openSecretManager("valt", {}));
    expect(error.message).toBe(
      "Unsupported secret manager 'valt'. Supported managers: [env, filesystem, vault, aws, gcp]; did you mean 'vault'?",
    );
    expect(error.code).toBe("DTV_CONFIG_INVALID");
  });

  it("environment is another name of env", () => {
    expect(openSecretManager("environment", {}).name).toBe("env");
  });
});
