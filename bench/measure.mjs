import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { CONTESTANTS } from "./contestants.mjs";
import { compareDigests, digest } from "./digest.mjs";

/**
 * One whole process, from an empty folder to files that are right.
 *
 * @throws Error when it fails, or when what it wrote is not what stands in the data
 */
export function measure(tools, id, dataset) {
  const { label, prepare } = CONTESTANTS[id];
  const folder = join(tools.data, "run");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { command, cwd, outputs } = prepare(dataset, folder, tools);
  settle(dataset.data);
  const { cost, stdout } = timed(tools, label, command, cwd);
  const sizeBytes = globSync(outputs, { absolute: true }).reduce((sum, path) => sum + statSync(path).size, 0);
  compareDigests(label, digest(tools, dataset.contract, "parquet", outputs), dataset.truth);
  rmSync(folder, { recursive: true, force: true });
  return { ...cost, sizeBytes, ...(id.startsWith("dativo") ? { receipt: essence(stdout) } : {}) };
}

/** The data in memory, and nothing of the process before on its way to the disk. */
function settle(data) {
  spawnSync("sync");
  spawnSync("cat", [data], { stdio: "ignore" });
}

function timed(tools, label, command, cwd) {
  const report = join(tools.data, "report.json");
  const { NODE_OPTIONS: _, STATE_DIR: __, ...env } = process.env;
  const words = ["measure", report, ...tools.confine, ...command];
  const { status, stdout, stderr } = spawnSync(tools.native, words, {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${label} could not be started: ${stderr}`);
  const seen = JSON.parse(readFileSync(report, "utf8"));
  if (seen.exit_code !== 0) {
    throw new Error(`${label} ended with ${seen.exit_code ?? `signal ${seen.signal}`}: ${stderr}${stdout}`);
  }
  const cost = {
    wallSeconds: seen.wall_seconds,
    cpuSeconds: seen.user_seconds + seen.system_seconds,
    peakBytes: seen.peak_bytes,
  };
  return { cost, stdout };
}

/** What Dativo itself says of the run. */
function essence(stdout) {
  const { counts, timings, peakMemoryBytes, plugins } = JSON.parse(stdout);
  return { counts, timings, peakMemoryBytes, plugins };
}
