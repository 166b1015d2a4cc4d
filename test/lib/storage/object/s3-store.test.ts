import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import type { DativoError } from "../../../../lib/contract/errors.ts";
import type { ObjectFacts } from "../../../../lib/storage/object/object-store.ts";
import { openStore } from "../../../../lib/storage/object/open-store.ts";
import { partBytesAfter } from "../../../../lib/storage/object/s3-upload.ts";
import type { S3Settings } from "../../../../lib/storage/object/store-settings.ts";
import { s3Client } from "../../../support/object-client.ts";
import { ObjectProxy } from "../../../support/object-proxy.ts";
import { describeObjectServer } from "../../../support/object-servers.ts";

const MIB = 1024 * 1024;
const RUN = { runId: "01900000-0000-7000-8000-000000000001", scratch: "_dativo/staging/run/" };

describe("the parts of an upload", () => {
  it("are no more than S3 takes, of the largest object it takes", () => {
    const total = Array.from({ length: 10_000 }, (_, index) => partBytesAfter(index)).reduce((sum, each) => sum + each);
    expect(total).toBeGreaterThan(5 * 1024 * 1024 * MIB);
    expect(partBytesAfter(0)).toBe(8 * MIB);
    expect(partBytesAfter(999)).toBe(8 * MIB);
    expect(partBytesAfter(1000)).toBe(16 * MIB);
  });
});

describeObjectServer("versitygw", "S3", (server) => {
  it("has no object, and an open upload, before it is published", async () => {
    const settings = await server.makeBucket();
    const store = await openStore(settings);
    const staged = await store.stage("k", RUN);
    await staged.write(randomBytes(9 * MIB));
    const ref = await staged.seal();
    const client = await s3Client(server);
    const { Uploads } = await client.listMultipartUploads({ Bucket: settings.bucket });
    expect(Uploads).toMatchObject([{ Key: "k", UploadId: ref.upload }]);
    const { Parts } = await client.listParts({ Bucket: settings.bucket, Key: "k", UploadId: ref.upload });
    expect(Parts?.map(({ Size }) => Size)).toEqual([8 * MIB, MIB]);
    await store.publish(ref, RUN);
    expect((await client.listMultipartUploads({ Bucket: settings.bucket })).Uploads ?? []).toEqual([]);
  });

  it("has few parts under way, of all objects together", async () => {
    const proxy = await ObjectProxy.before(server.endpoint);
    const store = await openStore({ ...(await server.makeBucket()), endpoint: proxy.endpoint });
    const bytes = randomBytes(8 * MIB);
    const uploads = ["a", "b", "c"].map(async (key) => {
      const staged = await store.stage(key, RUN);
      for (let part = 0; part < 3; part++) await staged.write(bytes);
      return store.publish(await staged.seal(), RUN);
    });
    expect(await Promise.all(uploads)).toEqual([true, true, true]);
    expect(proxy.mostPuts).toBeLessThanOrEqual(4);
    expect(proxy.mostPuts).toBeGreaterThan(1);
  });

  it("says what to look at when a store has no TLS, and when it gives no reason", async () => {
    const settings = (await server.makeBucket()) as S3Settings;
    for (const [change, reason] of [
      [{ endpoint: server.endpoint.replace("http:", "https:") }, "does not answer in https"],
      [{ bucket: "Not_A_Name" }, "does not say why"],
    ] as const) {
      const store = await openStore({ ...settings, ...change });
      await expect(store.head("k")).rejects.toMatchObject({
        code: "DTV_CONNECTION_FAILED",
        message: expect.stringContaining(reason),
      });
    }
  });

  it("takes a write as large as several parts", async () => {
    const store = await openStore(await server.makeBucket());
    const bytes = randomBytes(25 * MIB);
    const staged = await store.stage("k", RUN);
    await staged.write(bytes.subarray(0, 3));
    await staged.write(bytes.subarray(3));
    await store.publish(await staged.seal(), RUN);
    const facts = (await store.head("k")) as ObjectFacts;
    expect(Buffer.compare(await store.read(facts, 0, bytes.length), bytes)).toBe(0);
  });

  it("knows its own object when the reply to its completion is lost, and another's", async () => {
    const proxy = await ObjectProxy.before(server.endpoint);
    const store = await openStore({ ...(await server.makeBucket()), endpoint: proxy.endpoint });
    const isCompletion = ({ method, url }: { method: string; url: string }) =>
      method === "POST" && url.includes("uploadId=");
    for (const [key, first, isOurs] of [
      ["mine", undefined, true],
      ["theirs", "theirs", false],
    ] as const) {
      if (first !== undefined) await store.put(key, Buffer.from(first));
      const staged = await store.stage(key, RUN);
      await staged.write(Buffer.from("mine"));
      const ref = await staged.seal();
      proxy.befallFirst("no-reply", isCompletion);
      expect(await store.publish(ref, RUN)).toBe(isOurs);
      expect((await store.get(key))?.bytes.toString()).toBe(first ?? "mine");
    }
  });

  it("sends keys with dots as they are", async () => {
    const proxy = await ObjectProxy.before(server.endpoint);
    const store = await openStore({ ...(await server.makeBucket()), endpoint: proxy.endpoint });
    await store.put("up/../down", Buffer.from("x")).catch(() => undefined);
    expect(proxy.seen[0]?.url).toMatch(/\/up\/\.\.\/down\?/);
  });

  it("says whose keys are wrong, and never what they are", async () => {
    const right = (await server.makeBucket()) as S3Settings;
    const store = (keys: object) => openStore({ ...right, credentials: { ...right.credentials, ...keys } as never });
    for (const keys of [
      { secretAccessKey: "canary-of-a-secret" },
      { accessKeyId: "canary-of-a-key", secretAccessKey: "canary-of-a-secret" },
    ]) {
      const asked = await store(keys);
      for (const call of [
        () => asked.head("k"),
        () => asked.get("k"),
        () => asked.put("k", Buffer.from("x")),
        () => asked.stage("k", RUN),
      ]) {
        const error = (await call().catch((each: unknown) => each)) as DativoError;
        expect(error).toMatchObject({ code: "DTV_CONNECTION_FAILED" });
        expect(error.message).toMatch(/^Cannot (read|write) s3:.* does not accept the credentials/);
        expect(error.hint).toContain("the connection, or the environment");
        expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/canary|AWS4-HMAC/);
      }
    }
  });

  it("finds keys in the environment, and says so where there are none", async () => {
    const { credentials: keys, ...settings } = (await server.makeBucket()) as S3Settings;
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("HOME", "/nonexistent");
    vi.stubEnv("AWS_ACCESS_KEY_ID", keys?.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", keys?.secretAccessKey);
    expect(await (await openStore(settings)).put("k", Buffer.from("x"))).toBeTruthy();
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    await expect((await openStore(settings)).head("k")).rejects.toMatchObject({
      code: "DTV_CONNECTION_FAILED",
      message: expect.stringContaining("there are no credentials for 127.0.0.1"),
      hint: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
    vi.unstubAllEnvs();
  });

  it("says that a store does not get well, in a way that a run may try again", async () => {
    const proxy = await ObjectProxy.before(server.endpoint);
    const store = await openStore({ ...(await server.makeBucket()), endpoint: proxy.endpoint });
    proxy.befall(() => "broken");
    await expect(store.put("k", Buffer.from("x"))).rejects.toMatchObject({ code: "DTV_TRANSIENT", retryable: true });
    expect(proxy.seen.length).toBe(6);
  });
});
