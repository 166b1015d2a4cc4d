// npm run bench:memory [-- ROWS [MEMORY]]
// Runs ten million records (or ROWS) through `dativo run --memory 256M` and watches the resident memory of the process.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeRows, SCHEMA } from "./make-rows.mjs";

const SAMPLE_MS = 250;
const rows = Number(process.argv[2] ?? 10_000_000);
const memory = process.argv[3] ?? "256M";
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "bench", "data", `memory-${rows}`);

await mkdir(folder, { recursive: true });
const data = join(folder, "rows.csv");
if (!existsSync(data)) {
  console.log(`Making ${rows.toLocaleString("en-US")} rows …`);
  await makeRows(data, rows);
}
await rm(join(folder, "lake"), { recursive: true, force: true });
await rm(join(folder, ".local"), { recursive: true, force: true });
await writeFile(
  join(folder, "asset.yaml"),
  JSON.stringify({ name: "rows", version: "1.0.0", source_type: "csv", object: "rows", schema: SCHEMA }),
);
await writeFile(
  join(folder, "job.yaml"),
  JSON.stringify({
    tenant_id: "bench",
    source_connector: "csv",
    source: { files: [{ path: "rows.csv" }] },
    target_connector: "parquet",
    target: { connection: { path: "lake" } },
    asset_path: "asset.yaml",
  }),
);

const samples = [];
const child = spawn(
  process.execPath,
  [join(root, "bin", "dativo.cjs"), "run", "--config", "job.yaml", "--memory", memory, "--json", "--quiet"],
  { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
);
let output = "";
child.stdout.on("data", (chunk) => {
  output += chunk;
});
const timer = setInterval(() => {
  const rss = readResident(child.pid);
  if (rss !== undefined) samples.push(rss);
}, SAMPLE_MS);
const code = await new Promise((resolve) => child.on("close", resolve));
clearInterval(timer);
if (code !== 0) process.exit(code ?? 1);

const receipt = JSON.parse(output);
const half = samples.slice(Math.floor(samples.length / 2));
const quarter = Math.floor(half.length / 2);
const slope = mean(half.slice(quarter)) / mean(half.slice(0, quarter)) - 1;
const seconds = receipt.timings.durationMs / 1000;
console.log(`rows            ${receipt.counts.written.toLocaleString("en-US")}`);
console.log(
  `wall            ${seconds.toFixed(1)} s, ${Math.round(receipt.counts.read / seconds).toLocaleString("en-US")} rows/s`,
);
console.log(
  `peak memory     ${mib(receipt.peakMemoryBytes)} of ${memory} (getrusage), ${mib(Math.max(...samples))} (sampled)`,
);
console.log(`median memory   ${mib(samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)])}`);
console.log(`slope           ${(slope * 100).toFixed(1)} % from the third to the last quarter of the run`);
for (const { stage, busyMs } of receipt.timings.stages)
  console.log(`${stage.padEnd(16)}${(busyMs / 1000).toFixed(1)} s busy`);

function readResident(pid) {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
  } catch {
    return undefined;
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

function mib(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
