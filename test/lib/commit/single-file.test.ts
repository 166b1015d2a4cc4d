import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SingleFileCommitter, type SingleFileParts } from "../../../lib/commit/single-file.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { LocalStorage } from "../../../lib/storage/local.ts";
import type { Sealed } from "../../../lib/stream/to-writable.ts";
import { listTree, tempFolder } from "../../support/folder.ts";
import { MemoryWriter } from "../../support/players.ts";

interface Opened {
  readonly committer: SingleFileCommitter;
  readonly path: string;
  readonly cwd: string;
  readonly calls: string[];
  /** Where the writer was told to put its files. */
  folder(): string;
}

function committerOf(parts: Partial<SingleFileParts> = {}, cwd = tempFolder()): Opened {
  const calls: string[] = [];
  const path = join(cwd, "out.csv");
  let folder = "";
  const committer = new SingleFileCommitter({
    path,
    mayReplace: false,
    storage: new LocalStorage(),
    createWriter: async (given) => {
      folder = given;
      return new MemoryWriter();
    },
    begin: async () => {},
    createFile: async (given) => {
      await writeFile(join(given, "empty.csv"), "id\n");
      return "empty.csv";
    },
    keepRejects: async (rejects) => void calls.push(`${rejects.length} rejects`),
    end: async () => void calls.push("end"),
    ...parts,
  });
  return { committer, path, cwd, calls, folder: () => folder };
}

const sealed = (...names: string[]): Sealed => ({
  writer: new MemoryWriter(),
  files: names.map((path) => ({ path, recordCount: 2 })),
  counts: { read: 2, written: 2 } as Sealed["counts"],
  positions: new Map(),
  values: undefined,
  schema: undefined,
  balanced: true,
});

async function staged(opened: Opened, ...names: string[]): Promise<Opened> {
  const { createWriter } = await opened.committer.open();
  await createWriter();
  for (const name of names) await writeFile(join(opened.folder(), name), "id\n1\n2\n");
  return opened;
}

describe("what a killed process left of the same file", () => {
  const locks = (cwd: string): string[] => listTree(cwd).filter((path) => path.endsWith("/dativo.lock"));

  it("is removed by the next one that writes it, and not before its process has ended", async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, ".out.csv.notes"), "mine");
    mkdirSync(join(cwd, ".out.csv.folder"));
    await staged(committerOf({}, cwd), "half.csv");
    const living = await staged(committerOf({}, cwd), "half.csv");
    const [first = "", second = ""] = locks(cwd);
    expect(second).not.toBe("");
    const holder = JSON.parse(readFileSync(join(cwd, first), "utf8"));
    // The pid was given to another process since.
    writeFileSync(join(cwd, first), JSON.stringify({ ...holder, startTicks: "1" }));
    const next = await staged(committerOf({ mayReplace: true }, cwd), "whole.csv");
    expect(locks(cwd)).toHaveLength(2);
    expect(locks(cwd)).toContain(second);
    await next.committer.commit(sealed("whole.csv"));
    await living.committer.abort();
    expect(locks(cwd).filter((path) => path !== second)).toEqual([]);
    expect(listTree(cwd).sort()).toEqual(expect.arrayContaining([".out.csv.notes", "out.csv"]));
    expect(existsSync(join(cwd, ".out.csv.folder"))).toBe(true);
  });
});

describe("SingleFileCommitter", () => {
  it("shows the file only by the commit, readable as files of this user are, and leaves nothing beside it", async () => {
    const { committer, path, cwd, calls, folder } = await staged(committerOf(), "a.csv");
    expect(folder().startsWith(join(cwd, ".out.csv."))).toBe(true);
    expect(existsSync(path)).toBe(false);
    await committer.keepRejects([{} as Reject]);
    expect(await committer.commit(sealed("a.csv"))).toEqual({ status: "success", filesAdded: 1, totalRecords: 2 });
    expect(readFileSync(path, "utf8")).toBe("id\n1\n2\n");
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(listTree(cwd)).toEqual(["out.csv"]);
    expect(calls).toEqual(["1 rejects", "end"]);
  });

  it("makes a file of no records as well", async () => {
    const { committer, path } = await staged(committerOf());
    await committer.commit(sealed());
    expect(readFileSync(path, "utf8")).toBe("id\n");
  });

  it("leaves nothing after an abort, also before it was opened", async () => {
    const { committer, cwd, calls } = await staged(committerOf(), "a.csv");
    expect(await committer.abort()).toEqual({ rejectsPath: undefined });
    expect([listTree(cwd), calls]).toEqual([[], ["end"]]);
    await committerOf().committer.abort();
  });

  it("does not begin where a file is, or came meanwhile, and keeps that one", async () => {
    const taken = expect.objectContaining({ code: "DTV_TARGET_UNWRITABLE", hint: expect.stringContaining("--force") });
    const { committer, path, cwd } = await staged(committerOf(), "a.csv");
    writeFileSync(path, "another");
    await expect(committerOf({}, cwd).committer.open()).rejects.toEqual(taken);
    await expect(committer.commit(sealed("a.csv"))).rejects.toEqual(taken);
    expect(readFileSync(path, "utf8")).toBe("another");
    expect(listTree(cwd)).toEqual(["out.csv"]);
  });

  it("replaces a file when asked to, which stays as it was until then", async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, "out.csv"), "before");
    const { committer, path } = await staged(committerOf({ mayReplace: true }, cwd), "a.csv");
    expect(readFileSync(path, "utf8")).toBe("before");
    await committer.commit(sealed("a.csv"));
    expect(readFileSync(path, "utf8")).toBe("id\n1\n2\n");
    expect(listTree(cwd)).toEqual(["out.csv"]);
  });

  it("does not take a folder for a file, or make the folder that it is to be in", async () => {
    const cwd = tempFolder();
    mkdirSync(join(cwd, "out.csv"));
    await expect(committerOf({ mayReplace: true }, cwd).committer.open()).rejects.toThrow("it is a folder");
    const nowhere = committerOf({ path: join(cwd, "nowhere", "out.csv") }).committer;
    await expect(nowhere.open()).rejects.toMatchObject({ code: "DTV_TARGET_UNWRITABLE" });
  });

  it.each([
    [["a.csv", "b.csv"], "DTV_INTERNAL"],
    [["../x.csv"], "DTV_PLUGIN_RESULT"],
    [["none.csv"], "DTV_PLUGIN_RESULT"],
  ])("refuses a writer that made %j", async (names, code) => {
    const { committer, cwd, calls } = await staged(committerOf(), "a.csv", "b.csv");
    await expect(committer.commit(sealed(...names))).rejects.toMatchObject({ code });
    expect([listTree(cwd), calls]).toEqual([[], ["end"]]);
  });
});
