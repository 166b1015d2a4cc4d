import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * One whole process, on the cores that everybody gets: seconds, bytes, and what it said.
 *
 * @throws Error when it fails
 */
export function stopwatch(tools, who, command, options) {
  const report = join(tools.data, "report.json");
  const words = ["measure", report, ...tools.confine, ...command];
  const said = spawnSync(tools.native, words, { ...options, encoding: "utf8", maxBuffer: 1 << 28 });
  if (said.status !== 0) throw new Error(`${who} could not be started: ${said.stderr}`);
  const seen = JSON.parse(readFileSync(report, "utf8"));
  if (seen.exit_code !== 0) {
    throw new Error(`${who} ended with ${seen.exit_code ?? `signal ${seen.signal}`}: ${said.stderr}${said.stdout}`);
  }
  const cost = {
    wallSeconds: seen.wall_seconds,
    cpuSeconds: seen.user_seconds + seen.system_seconds,
    peakBytes: seen.peak_bytes,
  };
  return { cost, stdout: said.stdout };
}
