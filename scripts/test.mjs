// npm test: installs what is needed, builds, lints, and runs the tests.
//   --full      the tests that need minutes, Python or a real terminal, instead of the others
//   --node 24   the same tests under another version of Node, fetched from the registry
//   anything else is handed to vitest, for example a file name
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { buildNative, hasCargo, testNative } from "./build-native.mjs";
import { ensureInstalled, run } from "./install.mjs";
import { buildServers, hasGo } from "./test-servers.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const args = process.argv.slice(2);
const full = take("--full");
const version = takeValue("--node");

ensureInstalled(root);
const node = version === undefined ? process.execPath : await fetchNode(version);
const bin = (path) => join(root, "node_modules", path);

await build();
if (hasCargo()) {
  console.error("Building the native libraries (cargo) …");
  buildNative();
} else console.error("No Rust toolchain is here: the native libraries are not built, and their tests are skipped.");
if (hasGo()) buildServers({ isFull: full });
else console.error("No Go toolchain is here: the object stores are not built, and their tests are skipped.");
// Who runs the slow tests has run these.
if (version === undefined && args.length === 0 && !full) {
  run(node, [bin("typescript/bin/tsc"), "--noEmit"], root);
  run(node, [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."], root);
  if (hasCargo()) testNative();
}
const tier = full ? { DATIVO_TEST_TIER: "full" } : {};
// Plugins that panic are under test; what they say is enough.
const env = { ...process.env, ...tier, DATIVO_TEST_NODE: node, RUST_BACKTRACE: "0" };
run(node, [bin("vitest/vitest.mjs"), "run", ...args], root, env);

/** Node binaries come as packages of the registry; they go into .tools, where no script picks them up by accident. */
async function fetchNode(major) {
  const folder = join(root, ".tools", `node${major}`);
  const binary = join(folder, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (!existsSync(binary)) {
    const name = `node-${process.platform}-${process.arch}@${major}`;
    run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder, name], root);
  }
  return binary;
}

function take(flag) {
  const at = args.indexOf(flag);
  if (at >= 0) args.splice(at, 1);
  return at >= 0;
}

function takeValue(flag) {
  const at = args.indexOf(flag);
  return at >= 0 ? args.splice(at, 2)[1] : undefined;
}
