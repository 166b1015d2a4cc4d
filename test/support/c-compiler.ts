import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const EXTENSION = process.platform === "darwin" ? ".dylib" : ".so";

/** Tests of what is written in C: skipped, with the reason, where make and a C compiler are missing. */
export function describeC(name: string, tests: () => void): void {
  const missing = ["make", "cc"].filter((command) => spawnSync(command, ["--version"]).error !== undefined);
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  const reason = `${name} (skipped: ${missing.join(" and ")} not found)`;
  if (process.env["DATIVO_TEST_REQUIRE"] === "all") throw new Error(reason);
  describe.skip(reason, tests);
}

/** Copies of folders of this project, side by side as they are here, for the tests of a `describe`. */
export function copyOf(...folders: readonly string[]): string {
  const copy = mkdtempSync(join(tmpdir(), "dativo-test-"));
  afterAll(() => rmSync(copy, { recursive: true, force: true }));
  for (const folder of folders) {
    mkdirSync(dirname(join(copy, folder)), { recursive: true });
    cpSync(join(root, folder), join(copy, folder), { recursive: true, filter: (path) => !path.endsWith(EXTENSION) });
  }
  return copy;
}

/** Runs make in a folder. @throws Error with what the compiler says */
export function make(folder: string, ...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync("make", ["-C", folder, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`make -C ${folder} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}

/** The file of a library that was built in a folder. */
export function builtLibrary(folder: string, name: string): string {
  return join(folder, `lib${name}${EXTENSION}`);
}
