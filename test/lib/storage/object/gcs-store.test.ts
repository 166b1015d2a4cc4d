import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GcsStore } from "../../../../lib/storage/object/gcs-store.ts";
import type { ObjectFacts } from "../../../../lib/storage/object/object-store.ts";
import { openStore } from "../../../../lib/storage/object/open-store.ts";
import type { GcsSettings } from "../../../../lib/storage/object/store-settings.ts";
import { tempFolder } from "../../../support/folder.ts";
import { ObjectProxy, type ProxyFault } from "../../../support/object-proxy.ts";
import { describeObjectServer } from "../../../support/object-servers.ts";

const MIB = 1024 * 1024;
const RUN = { runId: "01900000-0000-7000-8000-000000000001", scratch: "_dativo/staging/run/" };

describeObjectServer("fake-gcs", "Google's storage", (server) => {
  it("stages below the prefix of the run, small and large, and leaves nothing there", async () => {
    const store = await openStore(await server.makeBucket());
    for (const bytes of [randomBytes(1000), randomBytes(19 * MIB + 1)]) {
      const staged = await store.stage("k", RUN);
      await staged.write(bytes.subarray(0, 500));
      await staged.write(bytes.subarray(500));
      const ref = await staged.seal();
      const keys: string[] = [];
      for await (const { key } of store.list("")) keys.push(key);
      expect(keys).toEqual([expect.stringMatching(/^_dativo\/staging\/run\/[0-9a-f-]{36}$/)]);
      expect(await store.publish(ref, RUN)).toBe(true);
      expect(Buffer.compare((await store.get("k"))?.bytes as Buffer, bytes)).toBe(0);
      expect(await store.discardAll("", RUN)).toBe(0);
      await store.remove("k");
    }
  });

  /** A store behind a proxy, and an upload to it of chunks of 8 MiB, on each of whose requests something may befall. */
  async function upload(bytes: Buffer, faultOf: (chunkRequest: number) => ProxyFault | undefined) {
    const settings = await server.makeBucket();
    const proxy = await ObjectProxy.before(server.endpoint);
    const store = await openStore({ ...settings, endpoint: proxy.endpoint });
    let requests = 0;
    proxy.befall(({ method, url }) =>
      method === "PUT" && url.includes("upload_id") ? faultOf(requests++) : undefined,
    );
    const staged = await store.stage("k", RUN);
    for (let at = 0; at < bytes.length; at += MIB) await staged.write(bytes.subarray(at, at + MIB));
    return { store, ref: await staged.seal(), requests };
  }

  describe.each([0, 2])("a large upload whose chunk %i of 3", (chunk) => {
    it.each(["no-request", "half-request", "half-kept", "not-kept", "no-reply", "busy", "broken"] as const)(
      "meets with %s is whole",
      async (fault) => {
        const bytes = randomBytes(20 * MIB + 17);
        const { store, ref, requests } = await upload(bytes, (request) => (request === chunk ? fault : undefined));
        expect(requests).toBeGreaterThan(3);
        expect(await store.publish(ref, RUN)).toBe(true);
        expect(Buffer.compare((await store.get("k"))?.bytes as Buffer, bytes)).toBe(0);
        expect(await store.discardAll("", RUN)).toBe(0);
      },
    );
  });

  it("comes through more faults than are borne at one place, and gives up where nothing comes on", async () => {
    const bytes = randomBytes(36 * MIB);
    // A chunk, the question how far it came, the chunk again.
    const { store, ref } = await upload(bytes, (request) => (request % 3 === 0 ? "half-request" : undefined));
    expect(await store.publish(ref, RUN)).toBe(true);
    expect(Buffer.compare((await store.get("k"))?.bytes as Buffer, bytes)).toBe(0);
    await expect(upload(bytes, () => "not-kept")).rejects.toMatchObject({
      message: expect.stringContaining("the store keeps nothing of what it is sent"),
    });
    await expect(upload(bytes, () => "busy")).rejects.toMatchObject({ code: "DTV_TRANSIENT" });
  }, 60_000);

  it("publishes under the condition that there is nothing", async () => {
    const proxy = await ObjectProxy.before(server.endpoint);
    const store = await openStore({ ...(await server.makeBucket()), endpoint: proxy.endpoint });
    const staged = await store.stage("k", RUN);
    await staged.write(Buffer.from("x"));
    await store.publish(await staged.seal(), RUN);
    const copies = proxy.seen.filter(({ url }) => url.includes("rewriteTo"));
    expect(copies).toHaveLength(1);
    expect(copies[0]?.url).toContain("ifGenerationMatch=0");
    expect(copies[0]?.url).toMatch(/sourceGeneration=\d+/);
  });

  it("asks again for a reply that breaks off", async () => {
    const proxy = await ObjectProxy.before(server.endpoint);
    const settings = { ...(await server.makeBucket()), endpoint: proxy.endpoint } as GcsSettings;
    const store = await GcsStore.open(settings, 500);
    const bytes = randomBytes(MIB);
    await store.put("k", bytes);
    const facts = (await store.head("k")) as ObjectFacts;
    proxy.befallFirst("half-reply", ({ url }) => url.includes("alt=media"));
    expect(Buffer.compare(await store.read(facts, 0, bytes.length), bytes)).toBe(0);
    proxy.befall(() => "half-reply");
    await expect(store.head("k")).rejects.toMatchObject({ code: "DTV_TRANSIENT" });
  }, 60_000);

  it("says that a key file is not there, or is none, and nothing of what is in it", async () => {
    const settings = { kind: "gs", bucket: "b", endpoint: server.endpoint } as const;
    const file = join(tempFolder(), "key.json");
    for (const content of [undefined, '{ "private_key": "canary" }']) {
      if (content !== undefined) writeFileSync(file, content);
      const store = await openStore({ ...settings, keyFile: file });
      const error = await store.head("k").catch((each: unknown) => each);
      expect(error).toMatchObject({ hint: expect.stringContaining("key file") });
      expect(JSON.stringify(error)).not.toContain("canary");
    }
    const store = await openStore({ ...settings, account: { clientEmail: "a@example.com", privateKey: "canary" } });
    const error = await store.head("k").catch((each: unknown) => each);
    expect(error).toMatchObject({
      code: "DTV_CONNECTION_FAILED",
      hint: expect.stringContaining("service_account_key of the connection"),
    });
    expect(JSON.stringify(error)).not.toContain("canary");
  });
});
