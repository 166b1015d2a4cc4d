import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { CONTESTANTS } from "./contestants.mjs";
import { compareDigests, digest } from "./digest.mjs";
import { stopwatch } from "./stopwatch.mjs";

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
  const { NODE_OPTIONS: _, STATE_DIR: __, ...env } = process.env;
  const { cost, stdout } = stopwatch(tools, label, command, { cwd, env });
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

/** What Dativo itself says of the run. */
function essence(stdout) {
  const { counts, timings, peakMemoryBytes, plugins } = JSON.parse(stdout);
  return { counts, timings, peakMemoryBytes, plugins };
}
