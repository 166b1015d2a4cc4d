// npm run build:native: builds the native libraries where a Rust toolchain is, and says so where none is.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
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

/** The same build where everybody can see it work; false when it fails. */
export function tryBuildNative() {
  const args = ["build", "--release", "--locked"];
  return spawnSync("cargo", args, { cwd: rust, stdio: "inherit", env: withoutTargetDir() }).status === 0;
}

/** Whether the libraries of Dativo's own formats lie where they are looked for. */
export function hasNative() {
  const suffix = process.platform === "darwin" ? "dylib" : "so";
  const built = (name) => existsSync(join(rust, "target", "release", `lib${name}.${suffix}`));
  const plugins = ["csv_reader", "jsonl_reader", "parquet_reader", "parquet_writer", "text_writer"];
  return plugins.every((name) => built(`${name}_plugin`));
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
