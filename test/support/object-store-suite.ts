import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import type { ObjectFacts, ObjectStore, StagedRef, StagingRun } from "../../lib/storage/object/object-store.ts";
import { openStore } from "../../lib/storage/object/open-store.ts";
import type { StoreSettings } from "../../lib/storage/object/store-settings.ts";
import { naughtyKeys } from "./naughty-keys.ts";
import { ObjectProxy } from "./object-proxy.ts";
import type { ObjectServer } from "./object-servers.ts";

const MIB = 1024 * 1024;
const RUN: StagingRun = { runId: "01900000-0000-7000-8000-000000000001", scratch: "_dativo/staging/run-1/" };
const OTHER: StagingRun = { runId: "01900000-0000-7000-8000-000000000002", scratch: "_dativo/staging/run-2/" };

/** What every store has to do, whoever's it is. */
export function storeSuite(server: ObjectServer): void {
  const open = async (): Promise<ObjectStore> => openStore(await server.makeBucket());

  it("writes small objects, reads, lists and removes them", async () => {
    const store = await open();
    expect(await store.head("a/b.txt")).toBeUndefined();
    expect(await store.get("a/b.txt")).toBeUndefined();
    const version = await store.put("a/b.txt", Buffer.from("first"));
    const facts = (await store.head("a/b.txt")) as ObjectFacts;
    expect(facts).toMatchObject({ key: "a/b.txt", sizeBytes: 5, version });
    expect(Math.abs(Date.now() - Number(BigInt(facts.mtimeNs) / 1_000_000n))).toBeLessThan(60_000);
    expect(await store.get("a/b.txt")).toEqual({ bytes: Buffer.from("first"), version });
    expect(await all(store, "")).toEqual([facts]);
    await store.remove("a/b.txt");
    await store.remove("a/b.txt");
    expect(await store.head("a/b.txt")).toBeUndefined();
  });

  it("knows the content by its MD5, and every content by another version", async () => {
    const store = await open();
    const [first, second] = [await store.put("k", Buffer.from("one")), await store.put("k", Buffer.from("two"))];
    expect(second).not.toBe(first);
    await store.put("l", Buffer.from("two"));
    const [k, l] = await all(store, "");
    expect(k?.md5).toBe("b8a9f715dbb64fd5c56e7783c6820a61");
    expect(l?.md5).toBe(k?.md5);
    expect((await store.head("k"))?.md5).toBe(k?.md5);
  });

  it("lists what begins so, in the order of keys, more than a page of it", async () => {
    const store = await open();
    const keys = Array.from({ length: 1203 }, (_, index) => `p/${String(index).padStart(5, "0")}`);
    for (let at = 0; at < keys.length; at += 100) {
      await Promise.all(keys.slice(at, at + 100).map((key) => store.put(key, Buffer.from(key))));
    }
    await store.put("o", Buffer.from("before"));
    await store.put("q", Buffer.from("after"));
    expect((await all(store, "p/")).map(({ key }) => key)).toEqual(keys);
    expect((await all(store, "p/0012")).map(({ key }) => key)).toEqual(keys.slice(120, 130));
    expect(await all(store, "nothing/")).toEqual([]);
  });

  it("writes under a condition, or says that it does not hold", async () => {
    const store = await open();
    const first = (await store.put("k", Buffer.from("1"), { ifAbsent: true })) as string;
    expect(first).toBeTruthy();
    expect(await store.put("k", Buffer.from("2"), { ifAbsent: true })).toBeUndefined();
    const second = (await store.put("k", Buffer.from("3"), { ifVersion: first })) as string;
    expect(second).toBeTruthy();
    expect(await store.put("k", Buffer.from("4"), { ifVersion: first })).toBeUndefined();
    expect(await store.put("gone", Buffer.from("5"), { ifVersion: first })).toBeUndefined();
    expect(await store.get("k")).toEqual({ bytes: Buffer.from("3"), version: second });
    expect(await store.head("gone")).toBeUndefined();
  });

  it("lets one of eight win that write at a time", async () => {
    const store = await open();
    const texts = Array.from({ length: 8 }, (_, index) => `writer ${index}`);
    const versions = await Promise.all(texts.map((text) => store.put("k", Buffer.from(text), { ifAbsent: true })));
    const winners = texts.filter((_, index) => versions[index] !== undefined);
    expect(winners).toHaveLength(1);
    expect((await store.get("k"))?.bytes.toString()).toBe(winners[0]);
  });

  it("takes keys of any characters as they are", async () => {
    const store = await open();
    for (const key of naughtyKeys(server.kind)) {
      await store.put(key, Buffer.from(key));
      expect((await store.get(key))?.bytes.toString(), key).toBe(key);
      expect((await store.head(key))?.key, key).toBe(key);
    }
    const listed = (await all(store, "")).map(({ key }) => key);
    expect(listed.sort()).toEqual([...naughtyKeys(server.kind)].sort());
    for (const key of naughtyKeys(server.kind)) await store.remove(key);
    expect(await all(store, "")).toEqual([]);
  });

  it("shows a staged object when it is published, and not before", async () => {
    const store = await open();
    const bytes = randomBytes(20 * MIB + 17);
    const ref = await stage(store, "data/part.parquet", bytes);
    expect(ref.sizeBytes).toBe(bytes.length);
    expect(await store.head("data/part.parquet")).toBeUndefined();
    expect(await store.publish(JSON.parse(JSON.stringify(ref)), RUN)).toBe(true);
    const facts = (await store.head("data/part.parquet")) as ObjectFacts;
    expect(facts).toMatchObject({ sizeBytes: bytes.length, runId: RUN.runId });
    const back = (await store.get("data/part.parquet"))?.bytes as Buffer;
    expect(Buffer.compare(back, bytes)).toBe(0);
  });

  it.each([MIB, 11 * MIB])("keeps nothing of the memory that it was given, of %i bytes", async (sizeBytes) => {
    const store = await open();
    const bytes = randomBytes(sizeBytes);
    const memory = Buffer.alloc(64 * 1024);
    const staged = await store.stage("reused", RUN);
    for (let at = 0; at < sizeBytes; at += memory.length) {
      bytes.copy(memory, 0, at);
      await staged.write(memory);
    }
    memory.fill(0);
    expect(await store.publish(await staged.seal(), RUN)).toBe(true);
    expect(Buffer.compare((await store.get("reused"))?.bytes as Buffer, bytes)).toBe(0);
  });

  it("publishes again what was published, and not over what somebody else made", async () => {
    const store = await open();
    const ref = await stage(store, "k", Buffer.from("mine"));
    expect(await store.publish(ref, RUN)).toBe(true);
    expect(await store.publish(ref, RUN)).toBe(true);
    const late = await stage(store, "k", Buffer.from("late"), OTHER);
    expect(await store.publish(late, OTHER)).toBe(false);
    expect((await store.get("k"))?.bytes.toString()).toBe("mine");
    await store.discard(late);
    expect(await store.discardAll("", OTHER)).toBe(0);
  });

  it("stages nothing as an object of no bytes", async () => {
    const store = await open();
    const ref = await stage(store, "empty", Buffer.alloc(0));
    expect(await store.publish(ref, RUN)).toBe(true);
    expect(await store.head("empty")).toMatchObject({ sizeBytes: 0, runId: RUN.runId });
    expect((await store.get("empty"))?.bytes).toHaveLength(0);
    expect(await store.read((await store.head("empty")) as ObjectFacts, 0, 10)).toHaveLength(0);
  });

  it("gives up what is discarded, and keeps what was published", async () => {
    const store = await open();
    const staged = await store.stage("half", RUN);
    await staged.write(randomBytes(9 * MIB));
    await staged.discard();
    const whole = await stage(store, "whole", Buffer.from("whole"));
    await store.discard(whole);
    await store.discard(whole);
    expect(await store.publish(whole, RUN)).toBe(false);
    const kept = await stage(store, "kept", Buffer.from("kept"));
    await store.publish(kept, RUN);
    await store.discard(kept);
    expect((await visible(store)).map(({ key }) => key)).toEqual(["kept"]);
    expect((await store.get("kept"))?.bytes.toString()).toBe("kept");
  });

  it("says whether a staged object can still be published, or was", async () => {
    const store = await open();
    const staged = await stage(store, "a", Buffer.from("a"));
    expect([await store.holds(staged, RUN), await store.publish(staged, RUN)]).toEqual([true, true]);
    expect([await store.holds(staged, RUN), await store.holds(staged, OTHER)]).toEqual([true, false]);
    const gone = await stage(store, "b", Buffer.from("b"));
    await store.discard(gone);
    expect(await store.holds(gone, RUN)).toBe(false);
  });

  it("finds all that a run has staged, of which nobody has a note, and nothing else", async () => {
    const store = await open();
    const mine = [`in/${RUN.runId}/a`, `in/${RUN.runId}-b`, `out/${RUN.runId}/c`];
    const refs = await Promise.all(mine.map((key) => stage(store, key, Buffer.from(key))));
    const other = await stage(store, `in/${OTHER.runId}/a`, Buffer.from("other"), OTHER);
    expect(await store.discardAll("in/", RUN)).toBe(server.kind === "fake-gcs" ? 3 : 2);
    expect(await store.publish(refs[0] as StagedRef, RUN)).toBe(false);
    if (server.kind !== "fake-gcs") expect(await store.publish(refs[2] as StagedRef, RUN)).toBe(true);
    expect(await store.publish(other, OTHER)).toBe(true);
    expect(await store.discardAll("in/", RUN)).toBe(0);
  });

  it("reads ranges of one version, into memory that it is given", async () => {
    const store = await open();
    const bytes = randomBytes(100_000);
    await store.put("k", bytes);
    const facts = (await store.head("k")) as ObjectFacts;
    expect(await store.read(facts, 0, 10)).toEqual(bytes.subarray(0, 10));
    expect(await store.read(facts, 12_345, 54_321)).toEqual(bytes.subarray(12_345, 66_666));
    expect(await store.read(facts, 99_990, 100)).toEqual(bytes.subarray(99_990));
    expect(await store.read(facts, 100_000, 100)).toHaveLength(0);
    expect(await store.read(facts, 200_000, 100)).toHaveLength(0);
    const memory = Buffer.alloc(50);
    const given = await store.read(facts, 5, 20, undefined, memory);
    expect(given).toEqual(bytes.subarray(5, 25));
    expect(given.buffer).toBe(memory.buffer);
    await store.put("k", randomBytes(100_000));
    await expect(store.read(facts, 0, 10)).rejects.toMatchObject({ code: "DTV_SOURCE_CHANGED" });
    await store.remove("k");
    await expect(store.read(facts, 0, 10)).rejects.toMatchObject({ code: "DTV_SOURCE_CHANGED" });
  });

  it("copies within the store, and not over anything", async () => {
    const store = await open();
    const bytes = randomBytes(6 * MIB);
    await store.publish(await stage(store, "from +%.bin", bytes), RUN);
    expect(await store.copyIfAbsent("from +%.bin", "to/é #?.bin")).toBe(true);
    expect(await store.head("to/é #?.bin")).toMatchObject({ sizeBytes: bytes.length, runId: RUN.runId });
    expect(Buffer.compare((await store.get("to/é #?.bin"))?.bytes as Buffer, bytes)).toBe(0);
    await store.put("taken", Buffer.from("taken"));
    expect(await store.copyIfAbsent("from +%.bin", "taken")).toBe(false);
    expect((await store.get("taken"))?.bytes.toString()).toBe("taken");
    await store.put("empty", Buffer.alloc(0));
    expect(await store.copyIfAbsent("empty", "empty2")).toBe(true);
    expect(await store.head("empty2")).toMatchObject({ sizeBytes: 0 });
    await expect(store.copyIfAbsent("none", "x")).rejects.toMatchObject({ code: "DTV_SOURCE_NOT_FOUND" });
    expect(await store.discardAll("", RUN)).toBe(0);
  });

  it("stops when it is told to", async () => {
    const store = await open();
    const stop = new AbortController();
    const staged = await store.stage("k", RUN, stop.signal);
    await staged.write(randomBytes(9 * MIB));
    const reason = new Error("stopped by the test");
    stop.abort(reason);
    await expect(staged.seal()).rejects.toBe(reason);
    await staged.discard();
    await store.put("k", Buffer.from("there"));
    const facts = (await store.head("k")) as ObjectFacts;
    await expect(store.read(facts, 0, 5, stop.signal)).rejects.toBe(reason);
    await expect(all(store, "", stop.signal)).rejects.toBe(reason);
  });

  it("survives requests and replies that are lost, and replies that break off", async () => {
    const settings = await server.makeBucket();
    const proxy = await ObjectProxy.before(server.endpoint);
    const store = await openStore({ ...settings, endpoint: proxy.endpoint });
    const bytes = randomBytes(9 * MIB);
    // Google's client pauses for seconds.
    const period = server.kind === "fake-gcs" ? 5 : 2;
    for (const fault of ["no-request", "no-reply", "busy"] as const) {
      const key = `data/${fault}-${RUN.runId}`;
      const begin = proxy.seen.length;
      proxy.befall(({ number }) => ((number - begin) % period === 1 ? fault : undefined));
      const ref = await stage(store, key, bytes);
      expect(await store.publish(ref, RUN)).toBe(true);
      const facts = (await store.head(key)) as ObjectFacts;
      expect(Buffer.compare(await store.read(facts, 0, bytes.length), bytes)).toBe(0);
      await store.put(`small-${fault}`, Buffer.from("small"));
      expect((await store.get(`small-${fault}`))?.bytes.toString()).toBe("small");
    }
    proxy.befall(() => undefined);
    const facts = (await store.head(`data/busy-${RUN.runId}`)) as ObjectFacts;
    // Google's client does not notice, and waits for a minute.
    if (server.kind === "fake-gcs") return;
    proxy.befallFirst("half-reply", ({ method }) => method === "GET");
    expect(Buffer.compare(await store.read(facts, 0, bytes.length), bytes)).toBe(0);
    proxy.befallFirst("half-reply", ({ method }) => method === "GET");
    expect(Buffer.compare((await store.get(facts.key))?.bytes as Buffer, bytes)).toBe(0);
    proxy.befall(() => undefined);
    // A store begins an upload for each request to do so, and of one it could tell nobody.
    await store.discardAll("", RUN);
    expect(await store.discardAll("", RUN)).toBe(0);
  }, 60_000);

  it("says what to do when it cannot be reached", async () => {
    const settings = await server.makeBucket();
    const store = await openStore({ ...settings, endpoint: "http://127.0.0.1:9" });
    await expect(store.head("k")).rejects.toMatchObject({
      code: "DTV_CONNECTION_FAILED",
      message: expect.stringContaining("127.0.0.1:9 cannot be reached"),
    });
  });

  it("says that there is no such bucket, to whatever is asked of it", async () => {
    const settings: StoreSettings = { ...(await server.makeBucket()), bucket: "no-such-bucket-here" };
    const store = await openStore(settings);
    const missing = expect.objectContaining({
      code: "DTV_CONNECTION_FAILED",
      message: expect.stringMatching(/no such bucket/),
    });
    await expect(store.head("k")).rejects.toEqual(missing);
    await expect(store.get("k")).rejects.toEqual(missing);
    await expect(all(store, "")).rejects.toEqual(missing);
    await expect(store.put("k", Buffer.from("x"))).rejects.toEqual(missing);
    await expect(stage(store, "k", Buffer.from("x"))).rejects.toEqual(missing);
    await expect(store.discardAll("", RUN)).rejects.toEqual(missing);
  });
}

async function stage(store: ObjectStore, key: string, bytes: Buffer, run: StagingRun = RUN): Promise<StagedRef> {
  const staged = await store.stage(key, run);
  for (let at = 0; at < bytes.length; at += 300_000) await staged.write(bytes.subarray(at, at + 300_000));
  expect(staged.sizeBytes).toBe(bytes.length);
  return staged.seal();
}

async function all(store: ObjectStore, prefix: string, signal?: AbortSignal): Promise<ObjectFacts[]> {
  const found: ObjectFacts[] = [];
  for await (const each of store.list(prefix, signal)) found.push(each);
  return found;
}

/** What is no scratch of a run. */
async function visible(store: ObjectStore): Promise<ObjectFacts[]> {
  return (await all(store, "")).filter(({ key }) => !key.startsWith("_dativo/"));
}
