import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { buildNative, hasCargo } from "../scripts/build-native.mjs";
import { run } from "../scripts/install.mjs";
import { BENCH, ROOT } from "./places.mjs";

/** Cores and threads that everybody gets. */
export const THREADS = 2;

/**
 * Builds and installs what is measured and what measures: Dativo, `rust/bench`, and the peers in a virtual environment
 * that is kept in `.tools`.
 */
export function prepareTools({ data }) {
  const load = loadavg()[0];
  if (!hasCargo()) {
    console.error("The benchmark needs a Rust toolchain (cargo): its stopwatch and its test data are made with it.");
    process.exit(2);
  }
  console.error("Building Dativo and the native libraries …");
  run(process.execPath, [join(ROOT, "scripts/build.mjs")], ROOT);
  buildNative();
  const python = installPeers();
  return {
    data,
    python,
    tpchgen: join(python, "..", "tpchgen-cli"),
    native: join(ROOT, "rust", "target", "release", "dativo_bench"),
    /** Put before every command that is measured, where the machine has more cores than everybody gets. */
    confine: availableParallelism() > THREADS ? ["taskset", "--cpu-list", `0-${THREADS - 1}`] : [],
    versions: versionsOf(python),
    machine: describeMachine(load),
  };
}

const FOLDER = join(ROOT, ".tools", "bench");

function installPeers() {
  const wanted = readFileSync(join(BENCH, "requirements.txt"), "utf8");
  // Written once everything is there, so that a broken installation is begun anew.
  const stamp = join(FOLDER, "installed.txt");
  const python = join(FOLDER, "bin", "python");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  console.error("Installing DuckDB, Polars, PyArrow and tpchgen-cli …");
  mkdirSync(FOLDER, { recursive: true });
  run("python3", ["-m", "venv", "--clear", FOLDER], ROOT);
  const requirements = join(BENCH, "requirements.txt");
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements], ROOT);
  writeFileSync(stamp, wanted);
  return python;
}

function versionsOf(python) {
  const program = `
import json, platform, duckdb, polars, pyarrow
print(json.dumps({"DuckDB": duckdb.__version__, "Polars": polars.__version__, "PyArrow": pyarrow.__version__,
                  "Python": platform.python_version()}))`;
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return {
    Dativo: `${version} (${commit()})`,
    Node: process.versions.node,
    ...JSON.parse(execFileSync(python, ["-c", program], { encoding: "utf8" })),
    Rust: execFileSync("rustc", ["--version"], { encoding: "utf8" }).split(" ")[1],
  };
}

function commit() {
  const git = (...words) => execFileSync("git", words, { cwd: ROOT, encoding: "utf8" }).trim();
  try {
    return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : ", changed"}`;
  } catch {
    return "no commit";
  }
}

function describeMachine(load) {
  const cores = availableParallelism();
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores,
    load,
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()} ${process.arch}`,
  };
}
