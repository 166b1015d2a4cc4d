// npm run build:native: builds the native libraries where a Rust toolchain is, and says so where none is.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./install.mjs";

const rust = join(dirname(fileURLToPath(import.meta.url)), "..", "rust");

/** Whether there is a toolchain to build with. */
export function hasCargo() {
  return spawnSync("cargo", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Builds every library of the workspace into `rust/target/release`. */
export function buildNative() {
  run("cargo", ["build", "--release", "--locked", "--quiet"], rust, withoutTargetDir());
}

export function testNative() {
  run("cargo", ["test", "--release", "--locked", "--quiet"], rust, withoutTargetDir());
}

/** The libraries are looked for in the workspace's own folder, wherever the user's other builds go. */
function withoutTargetDir() {
  const { CARGO_TARGET_DIR: _, ...env } = process.env;
  return env;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (hasCargo()) buildNative();
  else {
    console.error(
      "No Rust toolchain (cargo) is here, so the native libraries are not built; everything works without them.",
    );
    process.exit(1);
  }
}
