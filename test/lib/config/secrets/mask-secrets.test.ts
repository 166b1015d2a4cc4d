import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskSecrets, registerSecret } from "../../../../lib/config/secrets/mask-secrets.ts";
import { Secret } from "../../../../lib/config/secrets/secret.ts";
import { isSecretName, registerBags } from "../../../../lib/config/secrets/secret-names.ts";

/** S7 of the threats: every spelling of a value that logs and errors come in. */
describe("spellings", () => {
  const canary = 'pä$$ w/rd+"quoted"\\&=?é!\'()*';
  registerSecret(canary);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");

  it.each([
    ["plain", canary],
    ["URL-encoded", encodeURIComponent(canary)],
    ["URL-encoded in lower case", encodeURIComponent(canary).replace(/%../g, (code) => code.toLowerCase())],
    ["form-encoded", new URLSearchParams({ x: canary }).toString().slice(2)],
    [
      "strictly URL-encoded",
      encodeURIComponent(canary).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    ],
    ["JSON", JSON.stringify(canary).slice(1, -1)],
    ["JSON in JSON", JSON.stringify(JSON.stringify(canary)).slice(3, -3)],
    ["base64", base64(canary)],
    ["base64url", Buffer.from(canary).toString("base64url")],
  ])("%s", (_, spelling) => {
    expect(maskSecrets(`before ${spelling} after`)).toBe("before *** after");
  });

  it.each(["", "u", "us", "usr", "user", "somebody"])("base64 behind the user name '%s'", (user) => {
    const masked = maskSecrets(base64(`${user}:${canary}`));
    expect(masked).toContain("***");
    for (let length = 8; length <= 12; length += 4) expect(masked).not.toContain(base64(canary).slice(4, 4 + length));
  });

  it("hides any secret in any of the ways that programs print it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 8, maxLength: 40 }),
        fc.string({ unit: "grapheme" }),
        (secret, around) => {
          fc.pre([...secret].length >= 6 && secret.trim() === secret && !around.includes(secret));
          registerSecret(secret);
          const printed = [
            `${around}${secret}${around}`,
            JSON.stringify({ around, secret }),
            `https://h/?s=${encodeURIComponent(secret)}&x`,
            `Basic ${Buffer.from(`user:${secret}`).toString("base64")}`,
          ];
          for (const text of printed) expect(maskSecrets(text)).not.toContain(secret);
          expect(Buffer.from(maskSecrets(printed[3] as string).slice(6), "base64").toString()).not.toContain(secret);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("leaves values under six characters alone", () => {
    registerSecret("short");
    expect(maskSecrets("a short text")).toBe("a short text");
  });

  it("takes the longest of overlapping secrets", () => {
    registerSecret("abcdef");
    registerSecret("abcdef-ghijkl");
    expect(maskSecrets("x abcdef-ghijkl abcdef")).toBe("x *** ***");
  });

  it("hides the lines of a private key one by one", () => {
    registerSecret("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n");
    expect(maskSecrets("got: MIIEvQIBADANBgkq and hkiG9w0BAQEFAASC")).toBe("got: *** and ***");
  });

  it.each([
    ["postgres://bob:hunter2@db/x", "postgres://***@db/x"],
    ["see https://token@github.com/a and http://u:p@h:1/", "see https://***@github.com/a and http://***@h:1/"],
    ["mail me@example.com", "mail me@example.com"],
    ["https://example.com/a@b", "https://example.com/a@b"],
  ])("the user part of %s", (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });
});

describe("Secret", () => {
  const secret = new Secret("canary-of-class");

  it.each([
    ["template", `${secret}`],
    ["concatenation", `${String(secret)}`],
    ["JSON", JSON.stringify({ secret })],
    ["inspect", inspect({ secret }, { depth: 9, showHidden: true })],
    ["keys", JSON.stringify(Object.entries(secret))],
  ])("does not print: %s", (_, printed) => {
    expect(printed).not.toContain("canary");
  });

  it("gives its value, and registers every text in it", () => {
    expect(secret.reveal()).toBe("canary-of-class");
    const document = new Secret({ user: "canary-user", deep: [{ pin: 12345678 }] });
    expect(document.reveal().user).toBe("canary-user");
    expect(maskSecrets("canary-of-class canary-user 12345678")).toBe("*** *** ***");
  });
});

describe("names", () => {
  it.each([
    "password",
    "db_password",
    "PGPASSWORD",
    "passwd",
    "pwd",
    "secret",
    "client_secret",
    "token",
    "access_token",
    "api_key",
    "apiKey",
    "APIKEY",
    "MY_API_KEY",
    "access_key",
    "access_key_id",
    "secret_access_key",
    "private_key",
    "privateKey",
    "AWS_SECRET_ACCESS_KEY",
    "credential",
    "Authorization",
    "x-api-key",
    "passphrase",
    "account_key",
    "dsn",
  ])("%s is a secret", (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    "host",
    "port",
    "user",
    "database",
    "bucket",
    "region",
    "path",
    "key",
    "primary_key",
    "sort_key",
    "token_uri",
    "private_key_path",
    "password_file",
    "secret_name_url",
    "HOME",
    "endpoint",
    "author",
    "s3",
  ])("%s is none", (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe("bags", () => {
  it("registers credentials whole, connections by name, and passwords in URLs", () => {
    registerBags({
      credentials: {
        type: "service_account",
        from_env: "SOME_VARIABLE",
        file_template: "/x/{tenant}",
        weird: "canary-1",
        n: 87654321,
      },
      connection: {
        host: "plain-host",
        s3: { secret_key: "canary-2", bucket: "plain-bucket" },
        tokens: ["canary-3"],
        url: "postgres://bob:canary%2D4@db/x",
      },
      dsn: "host=x password=canary-5",
    });
    const text =
      "service_account SOME_VARIABLE /x/{tenant} canary-1 87654321 plain-host canary-2 plain-bucket canary-3 canary%2D4 canary-4";
    expect(maskSecrets(text)).toBe(
      "service_account SOME_VARIABLE /x/{tenant} *** *** plain-host *** plain-bucket *** *** ***",
    );
    expect(maskSecrets("host=x password=canary-5")).toBe("***");
  });
});
