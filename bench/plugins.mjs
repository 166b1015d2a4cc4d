// npm run bench:plugins [-- ROWS]
// What Dativo adds to plugins, in one process and without a disk: (a) a script that yields arrays of rows of ten mixed
// columns, through the check of a contract, to a writer that throws them away, in rows per second of processor time;
// (b) a library of the old JSON interface on the same way, beside a bare loop that calls it and parses its JSON
// without losing a digit. Rounds take turns and medians count.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runJob } from "dativo-ingest";
import koffi from "koffi";
import { parse } from "lossless-json";
import { median } from "./statistics.mjs";
import { assetText, ROW_SOURCE, ROW_TYPES, YIELDED_ROWS } from "./ten-columns.mjs";

const ROUNDS = 5;
const rows = Math.ceil(Number(process.argv[2] ?? 400_000) / YIELDED_ROWS) * YIELDED_ROWS;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const library = join(root, "rust", "target", "release", "libabi1_fixture");
const folder = join(root, "bench", "data", "plugins");

// The rows are made once: what a plugin does to get its records is its own affair.
const SCRIPT = `import { BaseReader, BaseWriter } from "dativo-ingest";
${ROW_SOURCE}const batch = Array.from({ length: ${YIELDED_ROWS} }, (_, id) => row(id));
export class Rows extends BaseReader {
  *extract() { for (let at = 0; at < ${rows}; at += ${YIELDED_ROWS}) yield batch; }
}
export class Nowhere extends BaseWriter {
  writeBatch() { return []; }
  commitFiles() { return { status: "success" }; }
}
`;
const OLD_OPTIONS = { rows, batch_size: YIELDED_ROWS, end: "empty" };
const SOURCES = {
  script: { custom_reader: "plugins.mjs:Rows" },
  abi1: { custom_reader: `${library}.so:create_reader`, engine: { options: OLD_OPTIONS } },
};

await mkdir(folder, { recursive: true });
process.chdir(folder);
await writeFile("plugins.mjs", SCRIPT);
await writeFile("script.yaml", assetText("script", ROW_TYPES));
const oldTypes = { id: "integer", name: "string", big: "integer" };
await writeFile("abi1.yaml", assetText("abi1", oldTypes, { big: { integers: "bigint" } }));
const measured = { script: [], abi1: [], bare: [] };
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, results] of Object.entries(measured)) {
    const cost = await costOf(() => (name === "bare" ? bareLoop() : job(name)));
    // The first one warms up.
    if (round > 0) results.push(cost);
  }
}

const of = (who, what) => median(measured[who].map((cost) => cost[what]));
const script = of("script", "cpu");
console.log(`TypeScript rows to nowhere: ${Math.round(rows / script).toLocaleString("en-US")} rows per CPU second`);
const [ours, bare] = [of("abi1", "wall"), of("bare", "wall")].map((seconds) => rows / seconds);
const shown = [ours, bare].map((speed) => Math.round(speed).toLocaleString("en-US"));
console.log(`ABI 1 to nowhere: ${shown[0]} rows/s, bare loop ${shown[1]} rows/s, ratio ${(ours / bare).toFixed(2)}`);
console.log(`${rows} rows, ${ROUNDS} rounds, load ${loadavg()[0].toFixed(1)}`);

async function job(name) {
  await rm(".local", { recursive: true, force: true });
  const document = {
    tenant_id: "bench",
    source_connector: "theirs",
    source: SOURCES[name],
    target_connector: "nowhere",
    target: { custom_writer: "plugins.mjs:Nowhere" },
    asset_path: `${name}.yaml`,
  };
  await writeFile(`${name}-job.yaml`, JSON.stringify(document));
  const { counts } = await runJob(`${name}-job.yaml`);
  return counts.written;
}

/** What any program would do that knows the library and wants every digit. */
function bareLoop() {
  const handle = koffi.load(`${library}.so`);
  const create = handle.func("create_reader", "void *", ["str"]);
  const extract = handle.func("extract_batch", "void *", ["void *"]);
  const [freeText, freeReader] = ["free_string", "free_reader"].map((name) => handle.func(name, "void", ["void *"]));
  const empty = { connection: {}, credentials: {}, objects: [], files: [], tables: [], incremental: {} };
  const reader = create(JSON.stringify({ ...empty, engine: { options: OLD_OPTIONS } }));
  let read = 0;
  for (let more = true; more; ) {
    const text = extract(reader);
    const records = parse(koffi.decode(text, "char", -1), undefined, { parseNumber });
    freeText(text);
    read += records.length;
    more = records.length > 0;
  }
  freeReader(reader);
  return read;
}

function parseNumber(text) {
  const value = Number(text);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? value : BigInt(text);
}

async function costOf(work) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const done = await work();
  if (done !== rows) throw new Error(`${done} rows came through, not ${rows}`);
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}
