import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dativo } from "../support/cli.ts";
import { tempFolder, visibleFiles } from "../support/folder.ts";
import { describeNative } from "../support/native.ts";

const root = join(import.meta.dirname, "..", "..");
const KINDS = ["reader", "transform", "writer"] as const;

/** With the versions of the checkout, whose crates are here where its own libraries were built. */
function build(project: string): { status: number | null; stderr: string } {
  copyFileSync(join(root, "Cargo.lock"), join(project, "Cargo.lock"));
  const { CARGO_TARGET_DIR: _, ...env } = process.env;
  return spawnSync("nice", ["cargo", "build", "--release", "--offline"], { cwd: project, env, encoding: "utf8" });
}

const hasCargo = spawnSync("cargo", ["--version"], { stdio: "ignore" }).status === 0;
const SKIPPED = hasCargo ? "" : " (skipped: cargo is not here)";

describeNative(`dativo plugin new --lang rust${SKIPPED}`, () => {
  it.skipIf(!hasCargo)(
    "writes a plugin of each kind that builds, keeps every behaviour, and whose job runs",
    {
      timeout: 900_000,
    },
    () => {
      const cwd = tempFolder();
      mkdirSync(join(cwd, "target"));
      for (const kind of KINDS) holds(cwd, kind);
    },
  );
});

function holds(cwd: string, kind: (typeof KINDS)[number]): void {
  const made = dativo(["plugin", "new", kind, `my-${kind}`, "--lang", "rust"], { cwd });
  expect([made.code, made.stderr]).toEqual([0, expect.stringContaining(`Next: cd my-${kind}`)]);
  const folder = join(cwd, `my-${kind}`);
  expect(readFileSync(join(folder, "src", "lib.rs"), "utf8").split("\n").length - 1).toBeLessThan(40);
  // One folder for all three: what they are built of is the same.
  symlinkSync(join(cwd, "target"), join(folder, "target"));
  const built = build(folder);
  expect([built.status, built.stderr.match(/^warning.*/gm)]).toEqual([0, null]);
  for (const [command, said] of commandsOf(folder)) {
    const { code, stdout, stderr } = dativo(command, { cwd: folder });
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining(said)]);
  }
  const [file, ...others] = visibleFiles(join(folder, "lake", `my-${kind}`));
  expect([others, readFileSync(join(folder, "lake", `my-${kind}`, file as string), "utf8")]).toEqual([
    [],
    expect.stringContaining(kind === "transform" ? '"name":"Ada","initial":"A"' : "Ada"),
  ]);
}

/** As its README has them, and what each says. */
function commandsOf(folder: string): [string[], string][] {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const commands = [...readme.matchAll(/^npx dativo (.*)$/gm)].map(([, words = ""]) => words.split(" "));
  expect(commands.map(([verb]) => verb)).toEqual(["plugin", "run"]);
  return commands.map((command, index) => [command, [" 0 failed", "committed 3 records"][index] as string]);
}
