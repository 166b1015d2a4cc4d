import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { xxhash128 } from "hash-wasm";
import { describe, expect, it } from "vitest";
import { LocalStorage } from "../../../lib/storage/local.ts";
import { tempFolder } from "../../support/folder.ts";

async function readAll(storage: LocalStorage, path: string): Promise<Buffer> {
  const file = await storage.open(path);
  const chunks = [];
  try {
    for await (const chunk of file.bytes()) chunks.push(chunk);
  } finally {
    await file.close();
  }
  return Buffer.concat(chunks);
}

describe("LocalStorage.find", () => {
  it("finds a file, and the files of a pattern in order of their path", async () => {
    const folder = tempFolder();
    for (const name of ["b.csv", "a.csv", "c.txt"]) writeFileSync(join(folder, name), name);
    mkdirSync(join(folder, "sub/_dativo"), { recursive: true });
    writeFileSync(join(folder, "sub/d.csv"), "");
    writeFileSync(join(folder, "sub/_dativo/e.csv"), "");
    const storage = new LocalStorage(folder);
    const paths = async (pattern: string): Promise<string[]> => (await storage.find(pattern)).map((file) => file.path);
    expect(await paths("a.csv")).toEqual(["a.csv"]);
    expect(await paths("*.csv")).toEqual(["a.csv", "b.csv"]);
    expect(await paths("**/*.csv")).toEqual(["a.csv", "b.csv", "sub/d.csv"]);
    expect(await paths(join(folder, "*.csv"))).toEqual([join(folder, "a.csv"), join(folder, "b.csv")]);
  });

  it("takes a name with pattern characters for a name when there is such a file", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a[1].csv"), "");
    writeFileSync(join(folder, "a1.csv"), "");
    expect((await new LocalStorage(folder).find("a[1].csv")).map((file) => file.path)).toEqual(["a[1].csv"]);
  });

  it("names the file that is there under nearly that name", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "in"));
    writeFileSync(join(folder, "in/data.csv"), "");
    await expect(new LocalStorage(folder).find("in/dat.csv")).rejects.toMatchObject({
      code: "DTV_SOURCE_NOT_FOUND",
      message: "File not found: in/dat.csv; did you mean 'data.csv'?",
    });
    await expect(new LocalStorage(folder).find("nowhere/dat.csv")).rejects.toMatchObject({
      message: "File not found: nowhere/dat.csv",
    });
  });

  it("gives one clear error for what is not there, is a folder, or matches nothing", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "data"));
    symlinkSync("nowhere", join(folder, "dangling.csv"));
    const storage = new LocalStorage(folder);
    await expect(storage.find("x.csv")).rejects.toMatchObject({
      code: "DTV_SOURCE_NOT_FOUND",
      message: "File not found: x.csv",
    });
    await expect(storage.find("dangling.csv")).rejects.toMatchObject({ code: "DTV_SOURCE_NOT_FOUND" });
    await expect(storage.find("*.csv.gz")).rejects.toMatchObject({
      code: "DTV_SOURCE_NOT_FOUND",
      message: "No file matches *.csv.gz",
    });
    await expect(storage.find("data")).rejects.toMatchObject({
      code: "DTV_SOURCE_NOT_A_FILE",
      hint: expect.stringContaining('"data/*.csv"'),
    });
    writeFileSync(join(folder, "data", "a.parquet"), "");
    await expect(storage.find("data/")).rejects.toMatchObject({ hint: expect.stringContaining('"data/*.parquet"') });
    await expect(new LocalStorage("/").find("dev/null")).rejects.toMatchObject({ code: "DTV_SOURCE_NOT_A_FILE" });
  });
});

describe("LocalStorage.open", () => {
  it("reads in order and at random, counts bytes, and hashes what is stored", async () => {
    const folder = tempFolder();
    const content = Buffer.alloc(1_000_000, "abc");
    writeFileSync(join(folder, "a.bin"), content);
    let observed = 0;
    const storage = new LocalStorage(folder, (bytes) => {
      observed += bytes;
    });
    expect((await readAll(storage, "a.bin")).equals(content)).toBe(true);
    expect(observed).toBe(content.length);
    const file = await storage.open("a.bin");
    expect(Buffer.from(await file.read(3, 4)).toString()).toBe("abca");
    const expected = await xxhash128(content);
    expect(await file.digest()).toBe(expected);
    for await (const _ of file.bytes()) break;
    expect(await file.digest()).toBe(expected);
    await file.close();
  });

  it("decompresses gzip by content, whatever the name, members one after another included", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a.csv"), Buffer.concat([gzipSync("one,"), gzipSync("two")]));
    expect((await readAll(new LocalStorage(folder), "a.csv")).toString()).toBe("one,two");
  });

  it.each<[string, Buffer, RegExp]>([
    ["cut off", gzipSync("x".repeat(100_000)).subarray(0, 60), /broken or cut off/],
    [
      "damaged",
      (() => {
        const bytes = gzipSync("hello world".repeat(50));
        bytes[20] = (bytes[20] ?? 0) ^ 0xff;
        return bytes;
      })(),
      /broken or cut off/,
    ],
    ["followed by other bytes", Buffer.concat([gzipSync("data"), Buffer.from("tail")]), /broken or cut off/],
    [
      "padded, with a member behind the padding",
      Buffer.concat([gzipSync("data"), Buffer.alloc(9), gzipSync("lost")]),
      /not gzip/,
    ],
    ["cut off in zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0]), /broken or cut off/],
    ["zip", Buffer.from("PK\u0003\u0004rest"), /compressed with zip/],
  ])("refuses a file that is %s", async (_, content, message) => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a.csv"), content);
    const reading = readAll(new LocalStorage(folder), "a.csv");
    await expect(reading).rejects.toMatchObject({
      code: "DTV_SOURCE_COMPRESSION",
      message: expect.stringMatching(message),
    });
  });

  it("notices that a file changed under it", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a.csv"), "x");
    const file = await new LocalStorage(folder).open("a.csv");
    await file.verifyUnchanged();
    appendFileSync(join(folder, "a.csv"), "y");
    await expect(file.verifyUnchanged()).rejects.toMatchObject({ code: "DTV_SOURCE_CHANGED" });
    await file.close();
  });
});
