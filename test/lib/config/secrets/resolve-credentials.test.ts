import { describe, expect, it } from "vitest";
import { openSecretManager } from "../../../../lib/config/secrets/open-secret-manager.ts";
import { resolveCredentials } from "../../../../lib/config/secrets/resolve-credentials.ts";
import { errorOf } from "../workspace.ts";

const env = {
  KEY: "value-of-variable",
  EMPTY: "",
  ACCOUNT: '{"type":"service_account","private_key":"pk","client_email":"e"}',
  DATIVO_SECRET__ACME__KEPT: "value-of-manager",
  DATIVO_SECRET__ACME__LOGIN__json: '{"username":"bob","password":"pw"}',
  DATIVO_SECRET__ACME__EMPTY: "kept-instead",
};
const resolve = (credentials: Record<string, unknown>, allowed = (_: string): boolean => true) =>
  resolveCredentials({ credentials, tenantId: "acme", manager: openSecretManager("env", env), env, allowed });

describe("where the value goes", () => {
  it.each([
    [
      { type: "api_key", from_env: "KEY" },
      { type: "api_key", api_key: "value-of-variable" },
    ],
    [
      { type: "bearer", from_env: "KEY" },
      { type: "bearer", token: "value-of-variable" },
    ],
    [
      { type: "token", from_secret: "kept" },
      { type: "token", token: "value-of-manager" },
    ],
    [
      { type: "basic", from_env: "KEY", username: "u" },
      { type: "basic", username: "u", password: "value-of-variable" },
    ],
    [
      { type: "basic", from_secret: "LOGIN" },
      { type: "basic", username: "bob", password: "pw" },
    ],
    [
      { type: "service_account", from_env: "ACCOUNT" },
      { type: "service_account", private_key: "pk", client_email: "e" },
    ],
    [
      { type: "service_account", from_env: "KEY" },
      { type: "service_account", credentials_path: "value-of-variable" },
    ],
    [{ from_env: "KEY" }, { secret: "value-of-variable" }],
    [
      { type: "constructor", from_env: "KEY" },
      { type: "constructor", secret: "value-of-variable" },
    ],
  ])("%j", async (credentials, resolved) => {
    expect(await resolve(credentials)).toEqual(resolved);
  });
});

describe("what is looked up", () => {
  it.each([
    ["nothing without a name", { type: "api_key" }, { type: "api_key" }],
    ["nothing for type none", { type: "none", from_env: "MISSING" }, { type: "none" }],
    [
      "nothing that is there already",
      { type: "api_key", api_key: "own", from_env: "MISSING" },
      { type: "api_key", api_key: "own" },
    ],
    [
      "the manager after the environment",
      { type: "api_key", from_env: "KEPT" },
      { type: "api_key", api_key: "value-of-manager" },
    ],
    [
      "the manager for a variable that is set to nothing",
      { type: "api_key", from_env: "EMPTY" },
      { type: "api_key", api_key: "kept-instead" },
    ],
    [
      "the tenant in a file's path",
      { type: "service_account", file_template: "/s/{tenant}/x.json" },
      { type: "service_account", file_template: "/s/acme/x.json" },
    ],
  ])("%s", async (_, credentials, resolved) => {
    expect(await resolve(credentials)).toEqual(resolved);
  });

  it("from_secret asks the manager only", async () => {
    expect((await errorOf(resolve({ type: "api_key", from_secret: "KEY" }))).code).toBe("DTV_SECRET_MISSING");
  });

  it("says where it looked and what to set", async () => {
    const error = await errorOf(resolve({ type: "api_key", from_env: "MISSING" }));
    expect(error.code).toBe("DTV_SECRET_MISSING");
    expect(error.message).toBe(
      "the variable 'MISSING' is not set and the secret manager 'env' has no 'missing' for tenant 'acme'; set MISSING, or set DATIVO_SECRET__ACME__MISSING",
    );
  });

  it("does not read a variable that jobs may not read", async () => {
    const error = await errorOf(resolve({ type: "api_key", from_env: "KEY" }, () => false));
    expect(error.message).toContain("the variable 'KEY' may not be read in cloud mode");
    expect(await resolve({ type: "api_key", from_env: "KEPT" }, () => false)).toEqual({
      type: "api_key",
      api_key: "value-of-manager",
    });
  });
});
