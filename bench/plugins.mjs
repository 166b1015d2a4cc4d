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

const ROUNDS = 5;
const BATCH_ROWS = 2000;
const rows = Math.ceil(Number(process.argv[2] ?? 400_000) / BATCH_ROWS) * BATCH_ROWS;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const library = join(root, "rust", "target", "release", "libabi1_fixture");
const folder = join(root, "bench", "data", "plugins");

const TYPES = {
  id: "integer",
  name: "string",
  email: "string",
  price: "double",
  paid: "boolean",
  day: "date",
  at: "timestamptz",
  note: "string",
  count: "integer",
  gap: "integer",
};
// The rows are made once: what a plugin does to get its records is its own affair.
const SCRIPT = `import { BaseReader, BaseWriter } from "dativo-ingest";
const row = (id) => ({
  id, name: "name of " + id, email: "user" + id + "@example.com", price: id * 1.25, paid: id % 3 === 0,
  day: "2024-02-29", at: new Date(1.7e12 + id), note: "some words about record number " + id, count: id % 1000,
  gap: id % 5 === 0 ? null : id % 97,
});
const batch = Array.from({ length: ${BATCH_ROWS} }, (_, id) => row(id));
export class Rows extends BaseReader {
  *extract() { for (let at = 0; at < ${rows}; at += ${BATCH_ROWS}) yield batch; }
}
export class Nowhere extends BaseWriter {
  writeBatch() { return []; }
  commitFiles() { return { status: "success" }; }
}
`;
const OLD_OPTIONS = { rows, batch_size: BATCH_ROWS, end: "empty" };
const SOURCES = {
  script: { custom_reader: "plugins.mjs:Rows" },
  abi1: { custom_reader: `${library}.so:create_reader`, engine: { options: OLD_OPTIONS } },
};

await mkdir(folder, { recursive: true });
process.chdir(folder);
await writeFile("plugins.mjs", SCRIPT);
await writeAsset("script", TYPES);
await writeAsset("abi1", { id: "integer", name: "string", big: "integer" }, { big: { integers: "bigint" } });
const measured = { script: [], abi1: [], bare: [] };
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, results] of Object.entries(measured)) {
    const cost = await costOf(() => (name === "bare" ? bareLoop() : job(name)));
    // The first one warms up.
    if (round > 0) results.push(cost);
  }
}

const script = median(measured.script, "cpu");
console.log(`TypeScript rows to nowhere: ${Math.round(rows / script).toLocaleString("en-US")} rows per CPU second`);
const [ours, bare] = [median(measured.abi1, "wall"), median(measured.bare, "wall")].map((seconds) => rows / seconds);
const shown = [ours, bare].map((speed) => Math.round(speed).toLocaleString("en-US"));
console.log(`ABI 1 to nowhere: ${shown[0]} rows/s, bare loop ${shown[1]} rows/s, ratio ${(ours / bare).toFixed(2)}`);
console.log(`${rows} rows, ${ROUNDS} rounds, load ${loadavg()[0].toFixed(1)}`);

function writeAsset(name, types, more = {}) {
  const schema = Object.entries(types).map(([field, type]) => ({ name: field, type, ...more[field] }));
  return writeFile(`${name}.yaml`, JSON.stringify({ name, version: "1.0.0", schema }));
}

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

function median(costs, what) {
  return costs.map((cost) => cost[what]).sort((a, b) => a - b)[Math.floor(costs.length / 2)];
}
