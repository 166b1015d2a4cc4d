import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDocument } from "../../../../lib/config/document/read-document.ts";
import { errorOf, workspace } from "../workspace.ts";

it("shows a file relative to the working directory, where it lies inside", async () => {
  const cwd = workspace({ "in/a.yaml": "a: 1\n" });
  expect((await readDocument(join(cwd, "in/a.yaml"), cwd)).file).toBe("in/a.yaml");
  expect((await readDocument(join(cwd, "in/a.yaml"), join(cwd, "other"))).file).toBe(join(cwd, "in/a.yaml"));
});

it("refuses a large file by its size, before it is read", async () => {
  const cwd = workspace({ "a.yaml": "a: b\n".repeat(500_000) });
  expect((await errorOf(readDocument(join(cwd, "a.yaml"), cwd))).message).toBe(
    "a.yaml  the file has 2500000 bytes; a configuration may have 1048576",
  );
});

it("refuses what has no size and no end", async () => {
  const error = await errorOf(readDocument("/dev/zero", "/"));
  expect(error.code).toBe("DTV_CONFIG_LIMIT");
});

it("follows links, and says what is no file", async () => {
  const cwd = workspace({ "a.yaml": "a: 1\n" });
  symlinkSync(join(cwd, "a.yaml"), join(cwd, "link.yaml"));
  mkdirSync(join(cwd, "folder.yaml"));
  expect((await readDocument(join(cwd, "link.yaml"), cwd)).value).toEqual({ a: 1 });
  expect((await errorOf(readDocument(join(cwd, "folder.yaml"), cwd))).message).toBe(
    "folder.yaml  is a folder; a file is needed",
  );
  expect((await errorOf(readDocument(join(cwd, "gone.yaml"), cwd))).code).toBe("DTV_CONFIG_NOT_FOUND");
});
