// One case of bench/limits-cases.mjs in a process of its own, and the most memory that it was ever resident with.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CASES } from "./limits-cases.mjs";

const BIN = join(dirname(fileURLToPath(import.meta.url)), "..", "bin", "dativo.cjs");
const LOOK_EVERY_MS = 20;
const MIB = 1024 * 1024;

/** Makes the data, runs the job with `--memory`, and removes everything. Linux only: it reads /proc. */
export async function runLimited(name, { folder, memoryMib = 256, share = 1 }) {
  const work = join(folder, `limits-${name}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    const { rows, job } = await CASES[name].make(work, share);
    await writeFile(join(work, "job.yaml"), JSON.stringify(job));
    const { receipt, peakBytes } = await run(work, memoryMib);
    const { counts, files, timings } = receipt;
    const isWhole = counts.written === rows;
    const seconds = timings.durationMs / 1000;
    const peakMib = peakBytes / MIB;
    return { name, rows, isWhole, files: files.length, seconds, peakMib, held: isWhole && peakMib <= memoryMib };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function run(cwd, memoryMib) {
  const args = [BIN, "run", "--config", "job.yaml", "--memory", `${memoryMib}M`, "--json", "--quiet"];
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, readPeak(child.pid));
  }, LOOK_EVERY_MS);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`dativo run ended with ${code}`);
  return { receipt: JSON.parse(output), peakBytes };
}

/** The kernel's own mark of the most that was resident, which a new program begins afresh. */
function readPeak(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
