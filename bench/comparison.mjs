import { spawnSync } from "node:child_process";
import { median } from "./statistics.mjs";
import { stopwatch } from "./stopwatch.mjs";

const HEAD = `
| case | who | wall | of the first | CPU | of the first | peak |
| --- | --- | ---: | ---: | ---: | ---: | ---: |`;

/**
 * Has shell commands take turns, round after round, and prints their medians beside those of the first of their case.
 *
 * @param cases by name, commands by who they are
 * @param prepare called before each of them
 */
export function printComparison(tools, cases, { rounds, only, prepare, ...options }) {
  console.log(HEAD);
  for (const [name, commands] of Object.entries(cases)) {
    if (only !== undefined && name !== only) continue;
    const found = Object.entries(takeTurns(tools, commands, rounds, { prepare, ...options }));
    const [, first] = found[0];
    for (const [who, cost] of found) console.log(lineOf(name, who, cost, first));
  }
}

/** Runs a shell command that is not measured. @throws Error when it fails */
export function shell(command, env = process.env) {
  const { status, stderr } = spawnSync("bash", ["-c", command], { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: exit ${status}\n${stderr}`);
}

export function mib(bytes) {
  return (bytes / 1024 / 1024).toFixed(0);
}

function takeTurns(tools, commands, rounds, { prepare, ...options }) {
  const runs = Object.fromEntries(Object.keys(commands).map((who) => [who, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [who, command] of Object.entries(commands)) {
      prepare?.();
      const { cost } = stopwatch(tools, command, ["bash", "-o", "pipefail", "-c", command], options);
      // The first round warms the page cache.
      if (round > 0) runs[who].push(cost);
    }
  }
  return Object.fromEntries(Object.entries(runs).map(([who, costs]) => [who, middle(costs)]));
}

function middle(costs) {
  const of = (key) => median(costs.map((cost) => cost[key]));
  return { wall: of("wallSeconds"), cpu: of("cpuSeconds"), peak: of("peakBytes") };
}

function lineOf(name, who, { wall, cpu, peak }, first) {
  const of = (a, b) => (a / b).toFixed(2);
  return `| ${name} | ${who} | ${wall.toFixed(2)} s | ${of(wall, first.wall)} | ${cpu.toFixed(2)} s | ${of(cpu, first.cpu)} | ${mib(peak)} MiB |`;
}
