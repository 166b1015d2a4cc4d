import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/contract/sha256.ts";
import type { Receipt } from "../../../lib/job/receipt.ts";
import type { ObjectStore } from "../../../lib/storage/object/object-store.ts";
import { openStore } from "../../../lib/storage/object/open-store.ts";
import type { StoreSettings } from "../../../lib/storage/object/store-settings.ts";
import { describeC } from "../../support/c-compiler.ts";
import { dativo, type Finished } from "../../support/cli.ts";
import { listTree } from "../../support/folder.ts";
import { markedLibrary } from "../../support/marked-library.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
import { environmentOf } from "../../support/object-client.ts";
import { describeObjectServer, type ObjectServer } from "../../support/object-servers.ts";
import { jobFolder, oneRecordReader, runJob } from "../../support/plugin-job.ts";

/** The one plugin that a job has fetched, where it keeps it by default. */
function contentOf(cwd: string): string {
  const content = join(cwd, `dativo-${process.getuid?.()}`, "plugins", "content");
  const [file = ""] = listTree(content);
  return join(content, file);
}

const MARK = 'console.error("a line of it ran");';
const FIRST = oneRecordReader(MARK, "first");
const SECOND = oneRecordReader(MARK, "second");

/** What a store calls a version of an object, and an environment with keys that it does not accept. */
interface StoreWords {
  readonly version: RegExp;
  wrongKeys(cwd: string): Record<string, string>;
}

const S3: StoreWords = {
  version: /^[0-9a-f]{32}$/,
  wrongKeys: () => ({ AWS_SECRET_ACCESS_KEY: "wrong-canary-key" }),
};

const GOOGLE: StoreWords = {
  version: /^\d+$/,
  // An emulator asks for no keys.
  wrongKeys(cwd) {
    const file = join(cwd, "key.json");
    writeFileSync(file, '{ "client_email": "a@example.com", "private_key": "wrong-canary-key" }');
    return { STORAGE_EMULATOR_HOST: "", GOOGLE_APPLICATION_CREDENTIALS: file };
  },
};

describeObjectServer("versitygw", "a plugin in a bucket of S3", (server) => pluginTests(server, S3));
describeObjectServer("fake-gcs", "a plugin in a bucket of Google's", (server) => pluginTests(server, GOOGLE));

function pluginTests(server: ObjectServer, { version, wrongKeys }: StoreWords): void {
  let store: ObjectStore;
  let settings: StoreSettings;
  let objects = 0;

  beforeAll(async () => {
    settings = await server.makeBucket();
    store = await openStore(settings);
  });

  const env = (): Record<string, string> => environmentOf(settings);
  const run = (cwd: string, more: Record<string, string> = {}, ...flags: string[]): Finished =>
    runJob(cwd, ["--json", ...flags], { ...env(), ...more });
  const receiptOf = (done: Finished): Receipt["plugins"][number] | undefined =>
    (JSON.parse(done.stdout) as Receipt).plugins[0];
  const lock = (cwd: string, ...flags: string[]): Finished =>
    dativo(["plugin", "lock", "job.yaml", ...flags], { cwd, env: env() });
  const ran = ({ stderr }: Finished): boolean => stderr.includes("a line of it ran");
  const refresh = { DATIVO_PLUGIN_REFRESH: "true" };

  /** An object of its own for a test, and a job that reads by it. */
  async function withObject(content: string | Buffer, name = "r.ts:R", section = {}, files = {}) {
    const [file = "", symbol = ""] = name.split(":");
    const key = `readers/${++objects}/${file}`;
    await store.put(key, Buffer.from(content));
    const uri = `${store.uri}/${key}`;
    const cwd = jobFolder({ source: { custom_reader: `${uri}:${symbol}` }, ...section }, files);
    return {
      cwd,
      uri,
      put: (other: string | Buffer) => store.put(key, Buffer.from(other)),
      remove: () => store.remove(key),
    };
  }

  it("runs from a folder with nothing else in it, and the receipt says which it was", async () => {
    const { cwd, uri } = await withObject(FIRST);
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
    expect(receiptOf(done)).toMatchObject({
      path: `${uri}:R`,
      sha256: sha256(FIRST),
      version: expect.stringMatching(version),
    });
  });

  describeNative("in cloud mode", () => {
    it("runs where it is pinned, and not with one byte more", async () => {
      const loot = JSON.stringify({ name: "loot", version: "1.0.0", schema: [{ name: "loot", type: "string" }] });
      for (const [content, name, files] of [
        [oneRecordReader(), "r.ts:R", {}],
        [readFileSync(nativeLibrary("attacker_fixture")), "libr.so:create_reader", { "people.yaml": loot }],
      ] as const) {
        const { cwd, put } = await withObject(content, name, {}, files);
        const unpinned = run(cwd, {}, "--mode", "cloud");
        expect([unpinned.code, unpinned.stderr]).toEqual([2, expect.stringContaining("is not pinned")]);
        expect(lock(cwd).code).toBe(0);
        const done = run(cwd, {}, "--mode", "cloud");
        expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed")]);
        expect(receiptOf(done)).toMatchObject({ isolation: "process", sandbox: true, network: false });
        await put(Buffer.concat([Buffer.from(content), Buffer.from("\n")]));
        const other = run(cwd, refresh, "--mode", "cloud");
        expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("is not what it was pinned to")]);
      }
    });
  });

  it("is kept, and taken anew only when that is asked for, with both hashes told", async () => {
    const { cwd, put } = await withObject(FIRST);
    run(cwd);
    await put(SECOND);
    const kept = run(cwd, {}, "--full-refresh");
    expect(receiptOf(kept)?.sha256).toBe(sha256(FIRST));
    expect(kept.stderr).toMatch(
      /is taken from the cache .*another version.*DATIVO_PLUGIN_REFRESH=true fetches it anew/,
    );
    const fetched = run(cwd, { DATIVO_PLUGIN_REFRESH: "On" }, "--full-refresh");
    expect(receiptOf(fetched)).toMatchObject({ sha256: sha256(SECOND), previousSha256: sha256(FIRST) });
    expect(fetched.stderr).toContain(`sha256:${sha256(SECOND)}; it was sha256:${sha256(FIRST)}`);
    const quiet = run(cwd, {}, "--full-refresh");
    expect([receiptOf(quiet)?.sha256, receiptOf(quiet)?.previousSha256]).toEqual([sha256(SECOND), undefined]);
    expect(quiet.stderr).not.toContain("cache");
  });

  it("is kept where the environment says", async () => {
    const { cwd } = await withObject(FIRST);
    run(cwd, { DATIVO_PLUGIN_CACHE_DIR: join(cwd, "my/cache") });
    expect(listTree(join(cwd, "my/cache"))).toEqual([
      `content/${sha256(FIRST)}/r.ts`,
      expect.stringMatching(/^index\/[0-9a-f]{64}\.json$/),
    ]);
  });

  it("that is pinned is refused when it is another one, refresh or not, until the lock is updated", async () => {
    const { cwd, put, uri } = await withObject(FIRST);
    expect(lock(cwd)).toMatchObject({ code: 0, stderr: expect.not.stringContaining("ran") });
    expect(ran(run(cwd))).toBe(true);
    await put(`${FIRST}\n`);
    const done = run(cwd, refresh);
    expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(/DTV_PLUGIN_PIN/)]);
    expect(done.stderr).toContain(uri);
    expect(ran(done)).toBe(false);
    rmSync(join(cwd, `dativo-${process.getuid?.()}`), { recursive: true, force: true });
    const emptied = run(cwd);
    expect([emptied.stderr, ran(emptied)]).toEqual([expect.stringContaining("DTV_PLUGIN_PIN"), false]);
    expect(lock(cwd).code).toBe(2);
    expect(lock(cwd, "--update").code).toBe(0);
    expect(ran(run(cwd))).toBe(true);
  });

  it("is fetched anew when the pin asks for another one than was kept", async () => {
    const { cwd, put, uri } = await withObject(FIRST);
    run(cwd);
    await put(SECOND);
    const job = JSON.parse(readFileSync(join(cwd, "job.yaml"), "utf8")) as Record<string, unknown>;
    const pinned = { ...job, plugins: { pins: { [uri]: `sha256:${sha256(SECOND)}` } } };
    const other = jobFolder(pinned);
    const done = run(other, { DATIVO_PLUGIN_CACHE_DIR: join(cwd, `dativo-${process.getuid?.()}`, "plugins") });
    expect(receiptOf(done)?.sha256).toBe(sha256(SECOND));
  });

  it("that was altered in the cache, or cut short, is fetched anew", async () => {
    const { cwd } = await withObject(FIRST);
    run(cwd);
    for (const content of [SECOND, FIRST.slice(0, 20), ""]) {
      writeFileSync(contentOf(cwd), content);
      expect(receiptOf(run(cwd, {}, "--full-refresh"))?.sha256).toBe(sha256(FIRST));
      expect(readFileSync(contentOf(cwd), "utf8")).toBe(FIRST);
    }
  });

  it.each([
    ["r.ts:R", "Plugin module not found"],
    ["libr.so:create_reader", "Rust plugin library not found"],
  ])("that is not there is told as such: %s", async (name, message) => {
    const { cwd, uri, remove } = await withObject("", name);
    await remove();
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([
      2,
      expect.stringContaining(`DTV_PLUGIN_NOT_FOUND ${message}: ${uri}\n  The bucket was reached`),
    ]);
  });

  it("may not import what lies beside it, and may import packages of the job", async () => {
    const alone = await withObject(oneRecordReader('import { x } from "./own.ts"; x();'));
    expect(run(alone.cwd).stderr).toMatch(
      /DTV_PLUGIN_LOAD Plugin (s3|gs):.* imports '\.\/own\.ts', which was not fetched with it\n {2}.*bundle it/,
    );
    expect(lock(alone.cwd).stderr).toContain("which was not fetched with it");
    const files = {
      "node_modules/pkg/package.json": '{ "name": "pkg", "type": "module", "exports": "./i.js" }',
      "node_modules/pkg/i.js": "export const x = 1;",
    };
    const code = oneRecordReader('import { x } from "pkg"; if (x !== 1) throw new Error("no");');
    const { cwd } = await withObject(code, "r.ts:R", {}, files);
    expect(run(cwd).stderr).toContain("committed 1 record");
    const missing = await withObject(code);
    expect(run(missing.cwd).stderr).toMatch(/Cannot find module 'pkg'\n {2}Install it for .*: npm install pkg/);
  });

  it("runs in a process of its own, which has no keys of its environment, unless the job says otherwise", async () => {
    const code = oneRecordReader('console.error("own code ran", Object.keys(process.env).join(" "));');
    const { cwd, put, uri } = await withObject(code);
    lock(cwd);
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("own code ran")]);
    expect(done.stderr).not.toContain("MY_API_KEY");
    expect(receiptOf(done)).toMatchObject({ path: `${uri}:R`, version: expect.stringMatching(version) });
    await put(oneRecordReader('console.error("other code ran");'));
    const refused = run(cwd, refresh);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("DTV_PLUGIN_PIN")]);
    expect(refused.stderr).not.toContain("code ran");
    const here = await withObject(code, "r.ts:R", { plugins: { sandbox: { mode: "in_process" } } });
    expect(run(here.cwd).stderr).toContain("MY_API_KEY");
  });

  it("transforms and writes in processes of their own as well, and reads files", async () => {
    const script = `import { BaseTransform, FileReader, FileWriter, jsonlFormat } from "dativo-ingest";
      console.error("keys", process.env.AWS_SECRET_ACCESS_KEY);
      const lines = {
        name: "lines", extension: "lines",
        decoder: (_options, { source }) => ({ push: () => [], end: () => [] }),
        encoder: () => ({ bufferedBytes: 0, encode: (batch) => [Buffer.from([...batch].map(({ name }) => name + "\\n").join(""))], flush: () => [], end: () => [] }),
      };
      export class T extends BaseTransform { apply(batch) { return batch; } }
      export class R extends FileReader { constructor(config) { super(config, lines); } }
      export class W extends FileWriter { constructor(asset, target, base) { super(asset, target, base, lines); } }`;
    const key = "all/in-one.ts";
    await store.put(key, Buffer.from(script));
    const path = `${store.uri}/${key}`;
    const cwd = jobFolder({
      transforms: [{ plugin: `${path}:T` }],
      target_connector: "theirs",
      target: { custom_writer: `${path}:W`, connection: { path: "lake" } },
    });
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([0, expect.stringMatching(/W: keys undefined/)]);
    expect(done.stderr).toContain("T: keys undefined");
    const [name = ""] = listTree(join(cwd, "lake")).filter((file) => file.endsWith(".lines"));
    expect(readFileSync(join(cwd, "lake", name), "utf8")).toBe("Ada\nGrace\nEdsger\n");
    const reading = jobFolder({ source: { custom_reader: `${path}:R`, files: [{ path: "people.csv" }] } });
    const read = run(reading);
    expect([read.code, read.stderr]).toEqual([0, expect.stringContaining("R: keys undefined")]);
  });

  it("that throws names its place by the URI", async () => {
    const line =
      "  *extract(): Iterable<object[]> { const a: string | undefined = undefined as never; yield [{ id: a!.length }]; }";
    const code = `import { BaseReader } from "dativo-ingest";\nexport class R extends BaseReader {\n${line}\n}\n`;
    const { cwd, uri } = await withObject(code);
    expect(run(cwd).stderr).toContain(`in R.extract (${uri}:3:${line.indexOf("length") + 1})`);
  });

  it("keeps the credentials of its bucket out of what is printed", async () => {
    const { cwd } = await withObject(oneRecordReader('throw new Error("broken");'));
    const done = run(cwd, wrongKeys(cwd), "--verbose");
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("DTV_CONNECTION_FAILED");
    expect(`${done.stdout}${done.stderr}`).not.toContain("wrong-canary-key");
  });

  describe("while the store is away", () => {
    afterAll(() => server.restart());

    it("is taken from the cache where it is pinned, and not otherwise", async () => {
      const loose = await withObject(FIRST);
      const pinned = await withObject(FIRST);
      lock(pinned.cwd);
      expect([run(loose.cwd).code, run(pinned.cwd).code]).toEqual([0, 0]);
      await server.kill();
      const taken = run(pinned.cwd, {}, "--full-refresh");
      expect([taken.code, taken.stderr]).toEqual([
        0,
        expect.stringMatching(/is taken from the cache, as it was pinned: .*cannot be reached/),
      ]);
      // Google's client tries for half a minute before it gives up.
      if (server.kind === "fake-gcs" && process.env["DATIVO_TEST_SWEEP"] !== "all") return;
      const refused = run(loose.cwd, {}, "--full-refresh");
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/DTV_CONNECTION_FAILED/)]);
    }, 120_000);
  });

  describeC("in C", () => {
    const library = markedLibrary();
    const isMarked = (cwd: string): boolean => existsSync(join(cwd, "ran.txt"));

    it("is refused before it is opened when one byte is another", async () => {
      const bytes = readFileSync(library);
      const { cwd, put } = await withObject(bytes, "libr.so:create_reader");
      lock(cwd);
      expect(isMarked(cwd)).toBe(false);
      const done = run(cwd);
      expect([done.code, receiptOf(done)?.sha256, isMarked(cwd)]).toEqual([0, sha256(bytes), true]);
      rmSync(join(cwd, "ran.txt"));
      await put(Buffer.concat([bytes, Buffer.from([0])]));
      expect(run(cwd, refresh).stderr).toContain("DTV_PLUGIN_PIN");
      expect(isMarked(cwd)).toBe(false);
    });

    it("runs in a process of its own unless the job says otherwise", async () => {
      const { cwd } = await withObject(readFileSync(library), "libr.so:create_crash");
      const done = run(cwd);
      expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("DTV_PLUGIN_CRASHED")]);
      const here = await withObject(readFileSync(library), "libr.so:create_crash", {
        plugins: { sandbox: { mode: "in_process" } },
      });
      expect(run(here.cwd).signal).toBe("SIGABRT");
    });
  });
  describeNative("in Rust", () => {
    it.each(["process", "in_process"])("writes what a job loads, %s", async (mode) => {
      const bytes = readFileSync(nativeLibrary("parquet_writer_plugin"));
      const { cwd, uri } = await withObject(bytes, "libw.so:create_writer", {
        source: { files: [{ path: "people.csv" }] },
        plugins: { sandbox: { mode } },
      });
      const job = JSON.parse(readFileSync(join(cwd, "job.yaml"), "utf8")) as { target: object };
      const target = { ...job.target, custom_writer: `${uri}:create_writer` };
      writeFileSync(join(cwd, "job.yaml"), JSON.stringify({ ...job, target_connector: "own", target }));
      expect(lock(cwd).code).toBe(0);
      const done = run(cwd);
      expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 3 records")]);
      expect(receiptOf(done)).toMatchObject({ path: `${uri}:create_writer`, sha256: sha256(bytes) });
      expect(dativo(["count", "lake/people/*.parquet"], { cwd }).stdout).toBe("3\n");
    });
  });
}
