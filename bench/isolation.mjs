// npm run bench:isolation [-- ROWS]
// What it costs to run native plugins in processes of their own: one job, Arrow in and Parquet out, in both modes in
// turn, with the resident memory of Dativo and of its plugins together.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SAMPLE_MS = 100;
const BATCH_ROWS = 65_536;
const ROUNDS = 3;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const libraries = join(root, "rust", "target", "release");
const folder = join(root, "bench", "data", "isolation");
const batches = Math.ceil(Number(process.argv[2] ?? 1_000_000) / BATCH_ROWS);

const ARROW = { custom_reader: join(libraries, "libabi2_fixture.so:create_reader") };
const JSON_TEXT = { custom_reader: join(libraries, "libabi1_fixture.so:create_reader") };
const JOBS = {
  "ABI 2 (Arrow)": { ...ARROW, engine: { options: { batches, rows: BATCH_ROWS, plain: true } } },
  "ABI 1 (JSON)": {
    ...JSON_TEXT,
    engine: { options: { rows: batches * BATCH_ROWS, batch_size: 10_000, end: "empty" } },
  },
};

await mkdir(folder, { recursive: true });
const asset = (schema) => JSON.stringify({ name: "rows", version: "1.0.0", schema });
const fields = { int: "integer", double: "double", bool: "boolean", text: "string", date: "date", stamp: "timestamp" };
await writeFile(join(folder, "abi2.yaml"), asset(Object.entries(fields).map(([name, type]) => ({ name, type }))));
await writeFile(
  join(folder, "abi1.yaml"),
  asset([
    { name: "id", type: "integer" },
    { name: "big", type: "integer" },
  ]),
);

for (const [name, source] of Object.entries(JOBS)) {
  const runs = { in_process: [], process: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const mode of Object.keys(runs)) runs[mode].push(await run(source, mode));
  }
  for (const [mode, results] of Object.entries(runs)) {
    const { rows, ms, rss, wall } = results.sort((a, b) => a.ms - b.ms)[Math.floor(ROUNDS / 2)];
    const speed = Math.round((rows / ms) * 1000).toLocaleString("en-US");
    console.log(
      `${name}, ${mode}: ${rows} rows, ${speed} rows/s in the run, ${Math.round(wall)} ms in all, ${rss} MiB at most`,
    );
  }
}

async function run(source, mode) {
  await rm(join(folder, "lake"), { recursive: true, force: true });
  await rm(join(folder, ".local"), { recursive: true, force: true });
  const job = {
    tenant_id: "bench",
    source_connector: "theirs",
    source,
    target_connector: "theirs",
    target: {
      custom_writer: join(libraries, "libparquet_writer_plugin.so:create_writer"),
      connection: { path: "lake" },
    },
    asset_path: source.custom_reader.includes("abi2") ? "abi2.yaml" : "abi1.yaml",
    plugins: { sandbox: { mode } },
  };
  await writeFile(join(folder, "job.yaml"), JSON.stringify(job));
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [join(root, "bin", "dativo.cjs"), "run", "--config", "job.yaml", "--json", "--quiet"],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  let rss = 0;
  const timer = setInterval(() => {
    rss = Math.max(rss, residentOf(child.pid));
  }, SAMPLE_MS);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(timer);
  if (code !== 0) process.exit(code ?? 1);
  const receipt = JSON.parse(output);
  return { rows: receipt.counts.written, ms: receipt.timings.durationMs, wall: performance.now() - start, rss };
}

/** MiB of a process and of those that it started. */
function residentOf(pid) {
  let kib = 0;
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${entry}/status`, "utf8");
      const isOurs = Number(entry) === pid || Number(/PPid:\s+(\d+)/.exec(status)?.[1]) === pid;
      if (isOurs) kib += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
    } catch {
      // It ended while we looked.
    }
  }
  return Math.round(kib / 1024);
}
