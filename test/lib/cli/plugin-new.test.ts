import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, dativo, NODE } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";

/** As npm would install it: `npx dativo` finds the command of this checkout. */
function install(folder: string): void {
  mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
  symlinkSync(dirname(dirname(BIN)), join(folder, "node_modules", "dativo-ingest"));
  const command = join(folder, "node_modules", ".bin", "dativo");
  writeFileSync(command, `#!/bin/sh\nexec "${NODE}" "${BIN}" "$@"\n`);
  chmodSync(command, 0o755);
}

describe("dativo plugin new", () => {
  it.each(["reader", "transform", "writer"])("writes a %s whose test passes and whose job runs", (kind) => {
    const cwd = tempFolder();
    const made = dativo(["plugin", "new", kind, `my-${kind}`], { cwd });
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining(`Next: cd my-${kind}`)]);
    const folder = join(cwd, `my-${kind}`);
    install(folder);
    const env = { PATH: process.env["PATH"] ?? "", HOME: cwd };
    const tested = spawnSync(NODE, ["--test"], { cwd: folder, env, encoding: "utf8" });
    expect([tested.status, tested.stdout]).toEqual([0, expect.stringMatching(/pass 1\b/)]);
    const run = dativo(["run", "--config", "job.yaml"], { cwd: folder });
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining("committed 3 records")]);
    expect(visibleFiles(join(folder, "lake", `my-${kind}`))).toHaveLength(1);
  });

  it("overwrites nothing, and refuses what is no name or no kind", () => {
    const cwd = tempFolder();
    expect(dativo(["plugin", "new", "reader", "mine", "--dativo", "1.2.3"], { cwd }).code).toBe(0);
    const { devDependencies } = JSON.parse(readFileSync(join(cwd, "mine", "package.json"), "utf8"));
    expect(devDependencies).toEqual({ "dativo-ingest": "1.2.3" });
    for (const [args, message] of [
      [["reader", "mine"], "is there already"],
      [["reader", "../mine"], "cannot name a plugin"],
      [["raeder", "mine"], "did you mean 'reader'?"],
      [["reader", "other", "--lang", "rsut"], "did you mean 'rust'?"],
      [["reader", "other", "--lang", "TypeScript"], "did you mean 'ts'?"],
      [["reader", "other", "--lang", "rust", "--dativo", "1.2.3"], "The crate for plugins in Rust is not at '1.2.3'"],
    ] as const) {
      const { code, stderr } = dativo(["plugin", "new", ...args], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});
