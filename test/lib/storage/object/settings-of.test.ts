import { describe, expect, it } from "vitest";
import { isObjectUri, parseObjectUri, parsePrefixUri } from "../../../../lib/storage/object/object-uri.ts";
import { rootOf, settingsOf } from "../../../../lib/storage/object/settings-of.ts";

const S3 = { scheme: "s3", bucket: "b" } as const;
const GS = { scheme: "gs", bucket: "b" } as const;

describe("the name of an object", () => {
  it("is taken apart, and not decoded", () => {
    expect(parseObjectUri("s3://b/a/b%20c?d#e")).toEqual({ scheme: "s3", bucket: "b", key: "a/b%20c?d#e" });
    expect(parseObjectUri("GS://b/../x\ny")).toEqual({ scheme: "gs", bucket: "b", key: "../x\ny" });
    expect(parsePrefixUri("S3://b")).toEqual({ scheme: "s3", bucket: "b", key: "" });
    expect(["s3://b/k", "gs://b", "S3://x"].every(isObjectUri)).toBe(true);
    expect(["/s3://b/k", "s3:/b/k", "data/x.csv", "file:///x"].some(isObjectUri)).toBe(false);
  });

  it("has a bucket and a key", () => {
    for (const uri of ["s3://b", "s3://b/"]) {
      expect(() => parseObjectUri(uri)).toThrow("s3:// URIs must include both bucket and key");
    }
    expect(() => parseObjectUri("gs://b/")).toThrow("gs:// URIs must include both bucket and object path");
    expect(() => parsePrefixUri("s3:///k")).toThrow("s3://bucket/key");
  });
});

describe("the settings of an S3 store", () => {
  const full = {
    region: "eu-west-1",
    access_key: "key",
    secret_key: "secret",
    endpoint: "http://127.0.0.1:9000",
    bucket: "b",
  };
  const settings = {
    kind: "s3",
    bucket: "b",
    endpoint: "http://127.0.0.1:9000",
    region: "eu-west-1",
    pathStyle: true,
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
  };

  it("are not taken from variables that are empty", () => {
    const env = { AWS_REGION: "", AWS_DEFAULT_REGION: "eu-north-1", S3_ENDPOINT: "", MINIO_ENDPOINT: "" };
    expect(settingsOf(S3, { env })).toMatchObject({ region: "eu-north-1", endpoint: undefined });
  });

  it("come from the connection, flat or below its name", () => {
    for (const connection of [full, { s3: full }, { minio: full }, { s3: full, path: "lake" }]) {
      expect(settingsOf({ scheme: "s3" }, { connection, env: {} })).toEqual(settings);
    }
    const longer = { access_key_id: "key", secret_access_key: "secret", session_token: "t", path_style_access: false };
    expect(settingsOf(S3, { connection: longer, env: {} })).toMatchObject({
      pathStyle: false,
      credentials: { accessKeyId: "key", secretAccessKey: "secret", sessionToken: "t" },
    });
  });

  it("come from the environment where the connection is silent", () => {
    const env = {
      S3_BUCKET: "e",
      S3_ENDPOINT: "http://s3",
      AWS_REGION: "r",
      AWS_ACCESS_KEY_ID: "k",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    expect(settingsOf({ scheme: "s3" }, { env })).toEqual({
      kind: "s3",
      bucket: "e",
      endpoint: "http://s3",
      region: "r",
      pathStyle: true,
      credentials: { accessKeyId: "k", secretAccessKey: "s" },
    });
    expect(settingsOf(S3, { env: { AWS_ENDPOINT_URL: "https://x" } })).toMatchObject({ endpoint: "https://x" });
    expect(settingsOf(S3, { connection: full, env })).toEqual(settings);
    expect(settingsOf(S3, { env: { ...env, AWS_PROFILE: "p" } })).toMatchObject({ credentials: undefined });
  });

  it("are those of MinIO where it is named", () => {
    const env = {
      MINIO_ENDPOINT: "localhost:9000",
      MINIO_BUCKET: "m",
      MINIO_ACCESS_KEY: "mk",
      MINIO_SECRET_KEY: "ms",
      AWS_ACCESS_KEY_ID: "k",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    const minio = { bucket: "m", endpoint: "http://localhost:9000", credentials: { accessKeyId: "mk" } };
    expect(settingsOf({ scheme: "s3" }, { type: "minio", connection: { secure: false }, env })).toMatchObject(minio);
    expect(settingsOf(S3, { env })).toMatchObject({
      endpoint: "https://localhost:9000",
      credentials: { accessKeyId: "mk" },
    });
    expect(() => settingsOf(S3, { type: "minio", env: { S3_BUCKET: "b" } })).toThrow("connection.endpoint is required");
  });

  it("make nothing up", () => {
    expect(settingsOf(S3, { env: {} })).toEqual({ kind: "s3", bucket: "b" });
    expect(() => settingsOf({ scheme: "s3" }, { env: {} })).toThrow("connection.bucket is required");
    expect(() => settingsOf(S3, { connection: { access_key: "k" }, env: {} })).toThrow(
      "connection.secret_key is required",
    );
    expect(() => settingsOf(S3, { connection: { endpoint: "ftp://x" }, env: {} })).toThrow("is no address");
  });

  it("say which key is not known, and which bucket is meant", () => {
    expect(() => settingsOf(S3, { connection: { s3: { buket: "b" } }, env: {} })).toThrow(
      "connection.s3: buket: unknown key 'buket'; did you mean 'bucket'?",
    );
    expect(() => settingsOf(S3, { type: "s3", connection: { acces_key: "k" }, env: {} })).toThrow(
      "did you mean 'access_key'?",
    );
    expect(settingsOf(S3, { type: "csv", connection: { other: 1 }, env: {} })).toMatchObject({ bucket: "b" });
    expect(() => settingsOf(S3, { connection: { bucket: "c" }, env: {} })).toThrow(
      "The path names the bucket b, and connection.bucket is c",
    );
    expect(settingsOf(S3, { env: { S3_BUCKET: "c" } })).toMatchObject({ bucket: "b" });
  });

  it("have a root for paths that name no bucket", () => {
    expect(rootOf("s3", { connection: { bucket: "b" }, env: {} })).toBe("s3://b/");
    expect(rootOf("s3", { connection: { bucket: "b", prefix: "/a/b/" }, env: {} })).toBe("s3://b/a/b/");
    expect(rootOf("gs", { connection: { gcs: { bucket: "b", prefix: "a" } }, env: {} })).toBe("gs://b/a/");
  });
});

describe("the settings of Google's store", () => {
  it("come from the connection or the environment", () => {
    const connection = { gcs: { bucket: "b", project_id: "p", key_file: "k.json", endpoint: "http://x" } };
    const settings = { kind: "gs", bucket: "b", projectId: "p", keyFile: "k.json", endpoint: "http://x" };
    expect(settingsOf(GS, { connection, env: {} })).toEqual(settings);
    const env = { STORAGE_EMULATOR_HOST: "localhost:4443", GOOGLE_APPLICATION_CREDENTIALS: "f.json" };
    expect(settingsOf(GS, { env })).toMatchObject({ endpoint: "http://localhost:4443", keyFile: undefined });
    expect(settingsOf(GS, { env: { ...env, STORAGE_EMULATOR_HOST: undefined } })).toMatchObject({ keyFile: "f.json" });
    expect(settingsOf(GS, { env: {} })).toEqual({ kind: "gs", bucket: "b" });
  });
});

describe("the settings of a store, in cloud mode", () => {
  const machine = { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s", GOOGLE_APPLICATION_CREDENTIALS: "f.json" };
  const cloud = (env: Record<string, string> = {}) => ({ mode: "cloud", env: { ...machine, ...env } }) as const;
  const forbidden = expect.objectContaining({ code: "DTV_KEYS_FORBIDDEN" });
  const keys = { access_key: "mine", secret_key: "mine too" };

  it("have keys of the job's own, and none of the machine's", () => {
    expect(() => settingsOf(S3, cloud())).toThrow(forbidden);
    expect(() => settingsOf(S3, cloud({ AWS_PROFILE: "operator" }))).toThrow(forbidden);
    const minio = { MINIO_ENDPOINT: "http://m", MINIO_ACCESS_KEY: "k", MINIO_SECRET_KEY: "s" };
    expect(() => settingsOf(S3, cloud(minio))).toThrow(forbidden);
    expect(() => settingsOf(GS, cloud())).toThrow(forbidden);
    expect(settingsOf(S3, { ...cloud(), connection: keys })).toMatchObject({ credentials: { accessKeyId: "mine" } });
    expect(settingsOf(S3, { mode: "self_hosted", env: machine })).toMatchObject({ credentials: { accessKeyId: "k" } });
  });

  it("have those of the machine for buckets that the operator lists, and not at an endpoint of the job's", () => {
    const lent = cloud({ DATIVO_JOB_BUCKETS: "gs://other, s3://b ,gs://b" });
    expect(settingsOf(S3, lent)).toMatchObject({ credentials: { accessKeyId: "k" } });
    expect(settingsOf(GS, lent)).toMatchObject({ keyFile: "f.json" });
    expect(() => settingsOf({ ...S3, bucket: "other" }, lent)).toThrow(forbidden);
    expect(() => settingsOf({ ...S3, bucket: "b2" }, lent)).toThrow(forbidden);
    const connection = { endpoint: "http://x" };
    expect(() => settingsOf(S3, { ...lent, connection })).toThrow(/do not go to an endpoint that the job names/);
    expect(settingsOf(S3, { ...lent, connection: { ...keys, ...connection } })).toMatchObject({ endpoint: "http://x" });
    expect(settingsOf(GS, { ...lent, connection })).toMatchObject({ endpoint: "http://x", keyFile: undefined });
  });

  it("name no file of the machine", () => {
    const connection = { key_file: "/etc/keys/other-tenant.json" };
    const lent = cloud({ DATIVO_JOB_BUCKETS: "gs://b" });
    expect(() => settingsOf(GS, { ...lent, connection })).toThrow(forbidden);
  });

  it("take the key of a service account as text, and of that nothing but who it is", () => {
    const text = JSON.stringify({
      client_email: "a@example.com",
      private_key: "p",
      token_uri: "http://169.254.169.254",
    });
    const settings = settingsOf(GS, { ...cloud(), connection: { service_account_key: text } });
    expect(settings).toEqual({ kind: "gs", bucket: "b", account: { clientEmail: "a@example.com", privateKey: "p" } });
    for (const wrong of ["{", "[]", "null", '{ "private_key": "canary" }']) {
      const load = () => settingsOf(GS, { ...cloud(), connection: { service_account_key: wrong } });
      expect(load).toThrow("service_account_key is no key of a service account");
      expect(load).not.toThrow("canary");
    }
  });
});
