// npm run bench:isolation [-- ROWS [NAME]]
// What it costs to run plugins in processes of their own: one job, records in and Parquet out, in both modes in turn, with
// the resident memory of Dativo and of its plugins together. The reader is a library of either kind, or a script that
// yields arrays of rows of ten mixed columns.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assetText, ROW_SOURCE, ROW_TYPES, YIELDED_ROWS } from "./ten-columns.mjs";

const SAMPLE_MS = 100;
const BATCH_ROWS = 65_536;
const ROUNDS = 3;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const libraries = join(root, "rust", "target", "release");
const folder = join(root, "bench", "data", "isolation");
const batches = Math.ceil(Number(process.argv[2] ?? 1_000_000) / BATCH_ROWS);

const ARROW = { custom_reader: join(libraries, "libabi2_fixture.so:create_reader") };
const JSON_TEXT = { custom_reader: join(libraries, "libabi1_fixture.so:create_reader") };
const SCRIPT = `import { BaseReader } from "dativo-ingest";
export class Rows extends BaseReader {
  async *extract() {
    const { rows } = this.sourceConfig.engine.options;
    for (let start = 0; start < rows; start += ${YIELDED_ROWS}) {
      yield Array.from({ length: ${YIELDED_ROWS} }, (_, i) => row(start + i));
    }
  }
}
${ROW_SOURCE}`;

const NATIVE_TARGET = {
  target_connector: "theirs",
  target: { custom_writer: join(libraries, "libparquet_writer_plugin.so:create_writer"), connection: { path: "lake" } },
};
/** A writer of Dativo's own, so that the reader alone is apart. */
const OWN_TARGET = { target_connector: "parquet", target: { connection: { path: "lake" } } };

const JOBS = {
  "ABI 2 (Arrow)": { ...ARROW, engine: { options: { batches, rows: BATCH_ROWS, plain: true } } },
  "ABI 1 (JSON)": {
    ...JSON_TEXT,
    engine: { options: { rows: batches * BATCH_ROWS, batch_size: 10_000, end: "empty" } },
  },
  TypeScript: { custom_reader: "rows.mjs:Rows", engine: { options: { rows: batches * BATCH_ROWS } } },
};

await mkdir(folder, { recursive: true });
await writeFile(join(folder, "rows.mjs"), SCRIPT);
await writeFile(join(folder, "rows.yaml"), assetText("rows", ROW_TYPES));
const fields = { int: "integer", double: "double", bool: "boolean", text: "string", date: "date", stamp: "timestamp" };
await writeFile(join(folder, "abi2.yaml"), assetText("rows", fields));
await writeFile(join(folder, "abi1.yaml"), assetText("rows", { id: "integer", big: "integer" }));

const only = process.argv[3];
for (const [name, source] of Object.entries(JOBS)) {
  if (only !== undefined && !name.includes(only)) continue;
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

function assetOf(reader) {
  if (reader.includes(".mjs:")) return "rows.yaml";
  return reader.includes("abi2") ? "abi2.yaml" : "abi1.yaml";
}

async function run(source, mode) {
  await rm(join(folder, "lake"), { recursive: true, force: true });
  await rm(join(folder, ".local"), { recursive: true, force: true });
  const job = {
    tenant_id: "bench",
    source_connector: "theirs",
    source,
    ...(source.custom_reader.includes(".mjs:") ? OWN_TARGET : NATIVE_TARGET),
    asset_path: assetOf(source.custom_reader),
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
