import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/contract/sha256.ts";
import { PluginCache } from "../../../lib/plugin/cache/plugin-cache.ts";
import { tempFolder } from "../../support/folder.ts";

const CONTENT = Buffer.from("export const a = 1;\n");
const HASH = sha256(CONTENT);
const NOBODY = 65534;

const open = (folder: string) => PluginCache.open({ DATIVO_PLUGIN_CACHE_DIR: folder });
const asRoot = it.skipIf(process.getuid?.() !== 0);

async function refusalOf(folder: string): Promise<string> {
  const cache = await open(folder).catch((error: unknown) => error as Error & { code: string });
  if (cache instanceof PluginCache) return "";
  return `${cache.code} ${cache.message}`;
}

describe("the folder of fetched plugins", () => {
  it("is nobody else's, and neither is anything in it", async () => {
    const folder = join(tempFolder(), "a", "b");
    const path = await (await open(folder)).keep(CONTENT, "r.ts");
    for (const at of [folder, join(folder, "content"), join(folder, "content", HASH)]) {
      expect(lstatSync(at).mode & 0o7777).toBe(0o700);
    }
    expect(lstatSync(path).mode & 0o7777).toBe(0o600);
    expect(path).toBe(join(folder, "content", HASH, "r.ts"));
  });

  it.each([0o777, 0o770, 0o720, 0o702])("is refused when others can write it (%o)", async (mode) => {
    const folder = join(tempFolder(), "cache");
    mkdirSync(folder);
    chmodSync(folder, mode);
    expect(await refusalOf(folder)).toMatch(/^DTV_PLUGIN_CACHE .* can be written by others/);
  });

  it("is refused when others can write the folder above it, unless names there stay with their owners", async () => {
    const above = tempFolder();
    chmodSync(above, 0o777);
    expect(await refusalOf(join(above, "cache"))).toMatch(/^DTV_PLUGIN_CACHE/);
    chmodSync(above, 0o1777);
    expect(await refusalOf(join(above, "cache"))).toBe("");
  });

  it("is refused when it is a link, or a file", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "elsewhere"), { mode: 0o700 });
    symlinkSync(join(folder, "elsewhere"), join(folder, "cache"));
    writeFileSync(join(folder, "file"), "");
    expect(await refusalOf(join(folder, "cache"))).toMatch(/^DTV_PLUGIN_CACHE .* is no folder/);
    expect(await refusalOf(join(folder, "file"))).not.toBe("");
  });

  asRoot.each(["cache", "cache/content", "cache/index", "."])(
    "is refused when %s belongs to somebody else",
    async (part) => {
      const folder = join(tempFolder(), "parent");
      mkdirSync(join(folder, "cache", "content"), { recursive: true, mode: 0o700 });
      mkdirSync(join(folder, "cache", "index"), { mode: 0o700 });
      chownSync(join(folder, part), NOBODY, NOBODY);
      const use = async (): Promise<void> => {
        const cache = await open(join(folder, "cache"));
        await cache.lookUp("s3://b/k.ts");
        await cache.keep(CONTENT, "r.ts");
      };
      await expect(use()).rejects.toMatchObject({
        code: "DTV_PLUGIN_CACHE",
        message: expect.stringContaining(`uid ${NOBODY}`),
      });
    },
  );

  asRoot("is refused below somebody else's link", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "real"), { mode: 0o700 });
    symlinkSync(join(folder, "real"), join(folder, "link"));
    const { lchownSync } = await import("node:fs");
    lchownSync(join(folder, "link"), NOBODY, NOBODY);
    expect(await refusalOf(join(folder, "link", "cache"))).toMatch(/^DTV_PLUGIN_CACHE .* belongs to another user/);
  });
});

describe("what is kept", () => {
  it.each<[string, (path: string) => void]>([
    ["other bytes under its name", (path) => writeFileSync(path, "export const a = 2;\n")],
    ["a part of it", (path) => writeFileSync(path, CONTENT.subarray(0, 5))],
    ["nothing", (path) => writeFileSync(path, "")],
    ["a file that others can write", (path) => chmodSync(path, 0o666)],
    [
      "a link to the right bytes",
      (path) => {
        renameSync(path, `${path}.other`);
        symlinkSync(`${path}.other`, path);
      },
    ],
  ])("is not believed when there is %s, and is put right", async (_, spoil) => {
    const cache = await open(join(tempFolder(), "cache"));
    const path = await cache.keep(CONTENT, "r.ts");
    expect(await cache.read(HASH, "r.ts")).toEqual(CONTENT);
    spoil(path);
    expect(await cache.read(HASH, "r.ts")).toBeUndefined();
    expect(await cache.keep(CONTENT, "r.ts")).toBe(path);
    expect(lstatSync(path).isSymbolicLink()).toBe(false);
    expect(readFileSync(path)).toEqual(CONTENT);
  });

  it.each(["", "{", "[]", '{"uri":"s3://b/other.ts","version":"1","sha256":"x"}'])(
    "has no entry that makes sense in %j",
    async (text) => {
      const folder = join(tempFolder(), "cache");
      const cache = await open(folder);
      const uri = "s3://b/k.ts";
      const entry = { uri, version: "1", sha256: HASH };
      await cache.remember(entry);
      expect(await cache.lookUp(uri)).toEqual(entry);
      writeFileSync(join(folder, "index", `${sha256(uri)}.json`), text);
      expect(await cache.lookUp(uri)).toBeUndefined();
    },
  );

  it.each(["../../evil.so", "a/b.ts", ".hidden", "", "ü ?.ts"])(
    "stays in its folder, whatever it is called: %j",
    async (name) => {
      const folder = join(tempFolder(), "cache");
      const path = await (await open(folder)).keep(CONTENT, name);
      expect(path.startsWith(`${join(folder, "content", HASH)}/`)).toBe(true);
      expect(path.slice(join(folder, "content", HASH).length + 1)).toMatch(/^[\w.-]+$/);
    },
  );

  it("is kept by many at once", async () => {
    const folder = join(tempFolder(), "cache");
    const caches = await Promise.all(Array.from({ length: 8 }, () => open(folder)));
    const paths = await Promise.all(caches.map((cache) => cache.keep(CONTENT, "r.ts")));
    expect(new Set(paths).size).toBe(1);
    expect(readFileSync(paths[0] as string)).toEqual(CONTENT);
  });
});
