import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dativo } from "../support/cli.ts";
import { tempFolder, visibleFiles } from "../support/folder.ts";

const root = join(import.meta.dirname, "..", "..");
const KINDS = ["reader", "transform", "writer"] as const;

/** With the versions of the checkout, whose crates are here where its own libraries were built. */
function build(project: string): { status: number | null; stderr: string } {
  copyFileSync(join(root, "Cargo.lock"), join(project, "Cargo.lock"));
  const { CARGO_TARGET_DIR: _, ...env } = process.env;
  return spawnSync("nice", ["cargo", "build", "--release", "--offline"], { cwd: project, env, encoding: "utf8" });
}

function missing(): string | undefined {
  if (spawnSync("cargo", ["--version"], { stdio: "ignore" }).status !== 0) return "cargo is not here";
  const fetched = spawnSync("cargo", ["fetch", "--offline", "--locked"], { cwd: root, stdio: "ignore" }).status === 0;
  return fetched ? undefined : "the crates are not here; npm run build:native fetches them";
}

const reason = missing();
if (reason !== undefined && process.env["DATIVO_TEST_REQUIRE"] === "all") throw new Error(reason);

describe.skipIf(reason !== undefined)(`dativo plugin new --lang rust${reason ? ` (skipped: ${reason})` : ""}`, () => {
  const cwd = tempFolder();
  const target = join(cwd, "target");
  mkdirSync(target);

  it.each(KINDS)("writes a %s that builds, keeps every behaviour, and whose job runs", { timeout: 600_000 }, (kind) => {
    const made = dativo(["plugin", "new", kind, `my-${kind}`, "--lang", "rust"], { cwd });
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining(`Next: cd my-${kind}`)]);
    const folder = join(cwd, `my-${kind}`);
    expect(readFileSync(join(folder, "src", "lib.rs"), "utf8").split("\n").length - 1).toBeLessThan(40);
    // One folder for all three: what they are built of is the same.
    symlinkSync(target, join(folder, "target"));
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
  });
});

/** As its README has them, and what each says. */
function commandsOf(folder: string): [string[], string][] {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const commands = [...readme.matchAll(/^npx dativo (.*)$/gm)].map(([, words = ""]) => words.split(" "));
  expect(commands.map(([verb]) => verb)).toEqual(["plugin", "run"]);
  return commands.map((command, index) => [command, [" 0 failed", "committed 3 records"][index] as string]);
}
