import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "../../../lib/storage/durable.ts";
import { tempFolder } from "../../support/folder.ts";

describe("makeFolder", () => {
  it("makes every level that is missing, with the mode, and is content with what is there", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "a"));
    await Promise.all([1, 2, 3].map(() => makeFolder(join(folder, "a/b/c"), 0o700)));
    expect(statSync(join(folder, "a/b")).mode & 0o777).toBe(0o700);
    await makeFolder(join(folder, "a/b/c"));
  });

  it("does not take a file for a folder", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "file"), "");
    for (const path of ["file", "file/a/b"])
      await expect(makeFolder(join(folder, path))).rejects.toMatchObject({ code: "EEXIST" });
  });

  it.skipIf(!existsSync("/proc/self"))("ends where a file system makes no folders", async () => {
    await expect(makeFolder("/proc/dativo/a/b")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
