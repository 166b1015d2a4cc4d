// npm run test:servers: builds the object stores that the tests talk to, where they are missing, into .tools/servers.
//   --full   MinIO as well, which takes minutes
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./install.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", ".tools", "servers");

/** Go packages, pinned. A new version lies beside the old one, so that no test runs against what was meant for another. */
const FAST = ["github.com/versity/versitygw/cmd/versitygw@v1.8.0", "github.com/fsouza/fake-gcs-server@v1.56.1"];
// Its releases are no versions of the Go module; this is the last commit.
const SLOW = ["github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"];

/** Whether there is a toolchain to build with. */
export function hasGo() {
  return spawnSync("go", ["version"], { stdio: "ignore" }).status === 0;
}

/** Builds what is missing, each from its own sources at a pinned version. */
export function buildServers({ isFull = false } = {}) {
  for (const source of isFull ? [...FAST, ...SLOW] : FAST) {
    const [path, version] = source.split("@");
    const name = basename(path);
    if (!existsSync(join(folder, `${name}-${version}`))) build(source, name, version);
  }
}

/** Only a whole binary gets its name: a build can be cut. */
function build(source, name, version) {
  console.error(`Building ${name} ${version} (go install) …`);
  const staging = join(folder, "build");
  mkdirSync(staging, { recursive: true });
  const env = { ...process.env, CGO_ENABLED: "0", GOBIN: staging, GOFLAGS: "-trimpath -buildvcs=false" };
  run("go", ["install", "-ldflags=-s -w", source], folder, env);
  renameSync(join(staging, name), join(folder, `${name}-${version}`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (hasGo()) buildServers({ isFull: process.argv.includes("--full") });
  else {
    console.error("No Go toolchain is here, so the object stores are not built; their tests are skipped.");
    process.exit(1);
  }
}
