import { randomBytes } from "node:crypto";
import { readdirSync, readSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { LocalBytes, Storage } from "../../../../lib/contract/storage.ts";
import { AnyStorage } from "../../../../lib/storage/any-storage.ts";
import { hashInWebAssembly } from "../../../../lib/storage/content-hash.ts";
import type { ObjectStore } from "../../../../lib/storage/object/object-store.ts";
import { openStore } from "../../../../lib/storage/object/open-store.ts";
import { tempFolder } from "../../../support/folder.ts";
import { environmentOf } from "../../../support/object-client.ts";
import { ObjectProxy } from "../../../support/object-proxy.ts";
import { describeObjectServer, type ObjectServer } from "../../../support/object-servers.ts";

const MIB = 1024 * 1024;
const RUN = { runId: "01900000-0000-7000-8000-000000000001", scratch: "_dativo/staging/run/" };

interface Place {
  readonly storage: Storage;
  readonly store: ObjectStore;
  readonly uri: string;
}

function suite(server: ObjectServer): void {
  async function place(
    objects: Readonly<Record<string, Uint8Array | string>> = {},
    endpoint = server.endpoint,
  ): Promise<Place> {
    const settings = { ...(await server.makeBucket()), endpoint };
    const store = await openStore(settings);
    for (const [key, content] of Object.entries(objects)) await store.put(key, Buffer.from(content));
    return { store, uri: store.uri, storage: new AnyStorage({ source: { env: environmentOf(settings) } }) };
  }

  it("finds one object by its name, whatever characters are in it", async () => {
    const { storage, uri } = await place({ "a/b [1]*.csv": "x", "a/b 1.csv": "y" });
    expect(await storage.find(`${uri}/a/b [1]*.csv`)).toMatchObject([{ path: `${uri}/a/b [1]*.csv`, sizeBytes: 1 }]);
    expect(await storage.find(`${uri.replace(/^../, (scheme) => scheme.toUpperCase())}/a/b 1.csv`)).toMatchObject([
      { path: `${uri}/a/b 1.csv` },
    ]);
  });

  it("finds those that a pattern matches, in order, and none of our own books", async () => {
    const keys = [
      "in/2.csv",
      "in/10.csv",
      "in/a/3.csv",
      "in/x.txt",
      "other/1.csv",
      "_dativo/9/in/1.csv",
      "in/_dativo/1.csv",
    ];
    const { storage, uri } = await place(Object.fromEntries(keys.map((key) => [key, key])));
    const found = async (pattern: string) =>
      (await storage.find(`${uri}/${pattern}`)).map(({ path }) => path.slice(uri.length + 1));
    expect(await found("in/*.csv")).toEqual(["in/10.csv", "in/2.csv"]);
    expect(await found("**/*.csv")).toEqual(["in/10.csv", "in/2.csv", "in/a/3.csv", "other/1.csv"]);
    expect(await found("{in,other}/[0-2]*.csv")).toEqual(["in/10.csv", "in/2.csv", "other/1.csv"]);
  });

  it("says what is there instead of what is not", async () => {
    const { storage, uri } = await place({ "in/_dativo/1/lock": "x", "in/people.tsv": "x" });
    await expect(storage.find(`${uri}/in/poeple.tsv`)).rejects.toMatchObject({
      code: "DTV_SOURCE_NOT_FOUND",
      message: `There is no object ${uri}/in/poeple.tsv; did you mean 'in/people.tsv'?`,
    });
    for (const folder of ["/in", "/in/", "/", ""]) {
      await expect(storage.find(uri + folder)).rejects.toMatchObject({
        code: "DTV_SOURCE_NOT_A_FILE",
        hint: expect.stringContaining("*.tsv"),
      });
    }
    await expect(storage.find(`${uri}/in/*.json`)).rejects.toMatchObject({
      code: "DTV_SOURCE_NOT_FOUND",
      message: `No object matches ${uri}/in/*.json`,
    });
    await expect(storage.open(`${uri}/none`)).rejects.toMatchObject({ code: "DTV_SOURCE_NOT_FOUND" });
  });

  it("reads an object of many ranges in order, and knows the hash of what it has read", async () => {
    const { storage, store, uri } = await place();
    const bytes = randomBytes(43 * MIB + 5);
    const staged = await store.stage("large", RUN);
    await staged.write(bytes);
    await store.publish(await staged.seal(), RUN);
    const expected = await hashOf(bytes);
    const observed: number[] = [];
    for (const chunkBytes of [undefined, 4 * MIB, 100_001]) {
      const file = await storage.open(`${uri}/large`);
      const hash = await hashInWebAssembly();
      const chunks = chunkBytes === undefined ? file.bytes() : file.lentBytes(chunkBytes, () => hash);
      let at = 0;
      let before: { readonly bytes: Uint8Array; readonly at: number } | undefined;
      for await (const chunk of chunks) {
        expect(Buffer.compare(chunk, bytes.subarray(at, at + chunk.length)), String(at)).toBe(0);
        // The one before is still what it was.
        if (before)
          expect(Buffer.compare(before.bytes, bytes.subarray(before.at, before.at + before.bytes.length))).toBe(0);
        before = { bytes: chunk, at };
        at += chunk.length;
      }
      expect(at).toBe(bytes.length);
      expect(await file.digestSoFar()).toEqual({ readBytes: bytes.length, xxh128: expected });
      expect(await file.digest(bytes.length)).toBe(expected);
      expect(await file.digest(1000)).toBe(await hashOf(bytes.subarray(0, 1000)));
      observed.push(at);
      await file.close();
    }
  });

  it("copies itself to a file that nobody sees, for code that reads here and there, where there is room", async () => {
    const { storage, store, uri } = await place();
    const bytes = randomBytes(20 * MIB + 3);
    await store.put("large", bytes);
    const folder = tempFolder();
    const file = await storage.open(`${uri}/large`);
    const copy = (await file.copyInto?.(folder)) as LocalBytes;
    expect(readdirSync(folder)).toEqual([]);
    const found = Buffer.alloc(bytes.length + 1);
    expect(readSync(copy.descriptor, found, 0, found.length, 0)).toBe(bytes.length);
    expect(Buffer.compare(found.subarray(0, -1), bytes)).toBe(0);
    await file.close();
    expect(() => readSync(copy.descriptor, found, 0, 1, 0)).toThrow("EBADF");
    const again = await storage.open(`${uri}/large`);
    if (process.platform === "linux") await expect(again.copyInto?.("/dev/shm")).rejects.toThrow("lies in memory");
    await store.put("large", randomBytes(20 * MIB + 3));
    await expect(again.copyInto?.(folder)).rejects.toMatchObject({ code: "DTV_SOURCE_CHANGED" });
    await again.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("tells the content apart without reading it", async () => {
    const proxy = await ObjectProxy.before(server.endpoint);
    const { storage, uri } = await place({ a: "same", b: "same", c: "other" }, proxy.endpoint);
    const files = await Promise.all(["a", "b", "c"].map((key) => storage.open(`${uri}/${key}`)));
    proxy.befall(() => "no-request");
    const digests = await Promise.all(files.map((file) => file.digest()));
    expect(digests[0]).toBe("md5:51037a4a37730f52c8732586d3aaa316");
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
    expect(new Set(files.map(({ version }) => version)).size).toBeGreaterThan(1);
  });

  it("takes little of an object at whose beginning somebody looks", async () => {
    const proxy = await ObjectProxy.before(server.endpoint);
    const { storage, store, uri } = await place({}, proxy.endpoint);
    await store.put("large", randomBytes(20 * MIB));
    const file = await storage.open(`${uri}/large`);
    const before = proxy.seen.length;
    for await (const chunk of file.bytes()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(proxy.seen.length - before).toBe(1);
    expect(await file.read(19 * MIB, 2 * MIB)).toHaveLength(MIB);
    await file.close();
  });

  it("decompresses what is compressed", async () => {
    const text = "a,b\n1,2\n".repeat(100_000);
    const { storage, uri } = await place({ "x.csv.gz": gzipSync(text) });
    const file = await storage.open(`${uri}/x.csv.gz`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of file.bytes()) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe(text);
  });

  it("ends a reading when the object is replaced in its middle", async () => {
    const { storage, store, uri } = await place();
    await store.put("k", randomBytes(10 * MIB));
    const file = await storage.open(`${uri}/k`);
    const reading = (async () => {
      for await (const _ of file.bytes()) await store.put("k", randomBytes(10 * MIB));
    })();
    await expect(reading).rejects.toMatchObject({ code: "DTV_SOURCE_CHANGED" });
  });
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  const hash = await hashInWebAssembly();
  hash.update(bytes);
  return hash.digest();
}

describeObjectServer("versitygw", "objects of versitygw as files", suite);
describeObjectServer("fake-gcs", "objects of fake-gcs-server as files", suite);

describe("files of this machine", () => {
  it("are what they were", async () => {
    const [file] = await new AnyStorage({ cwd: import.meta.dirname }).find("object-storage.test.ts");
    expect(file).toMatchObject({ path: "object-storage.test.ts" });
    expect(file?.version).toBeUndefined();
  });
});
