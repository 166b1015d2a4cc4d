// What `--memory` is held against: each case has a source, a contract and a job. `share` makes all of them smaller.
import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

const CHUNK_BYTES = 1024 * 1024;

const ROW_FIELDS = [
  { name: "id", type: "integer", required: true },
  { name: "part", type: "integer", required: true },
  { name: "text", type: "string" },
];

/** Every case by its name. `make` writes the data and gives what the job has besides. */
export const CASES = {
  narrow: {
    about: "50 M narrow rows, native",
    make: (folder, share) => {
      const rows = Math.round(50_000_000 * share);
      return csv(folder, rows, ["id", "n"], (id) => `${id},${id % 1000}\n`, ["integer", "integer"]);
    },
  },
  large: {
    about: "1,000 rows of 1 MB, native",
    make: (folder, share) => {
      const rows = Math.max(100, Math.round(1000 * share));
      return csv(folder, rows, ["id", "text"], (id) => `${id},${String(id % 10).repeat(1_000_000)}\n`, [
        "integer",
        "string",
      ]);
    },
  },
  slow: {
    about: "2 M rows into a writer that sleeps",
    make: async (folder, share) => {
      await writeFile(join(folder, "slow.ts"), SLOW_WRITER);
      const { rows, job } = await partitionRows(folder, Math.round(2_000_000 * share));
      return { rows, job: { ...job, target: { ...job.target, custom_writer: "slow.ts:SlowWriter" } } };
    },
  },
  gzip: {
    about: "5 GB of text in a gzip file, native",
    make: (folder, share) => {
      const text = "the same words over and over; ".repeat(16);
      const rows = Math.round((5_000_000_000 / text.length) * share);
      return csv(
        folder,
        rows,
        ["id", "text"],
        (id) => `${id},${text}\n`,
        ["integer", "string"],
        createGzip({ level: 1 }),
      );
    },
  },
  partitions: {
    about: "1,000 partitions in random order, native",
    make: async (folder, share) => divided(await partitionRows(folder, Math.round(2_000_000 * share)), "parquet"),
  },
  "partitions-csv": {
    about: "1,000 partitions in random order, in JavaScript",
    make: async (folder, share) => divided(await partitionRows(folder, Math.round(2_000_000 * share)), "csv"),
  },
};

const SLOW_WRITER = `import { BaseWriter } from "dativo-ingest";
export class SlowWriter extends BaseWriter {
  static input = "batch";
  async writeBatch() {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return [];
  }
  commitFiles() {
    return { status: "success" };
  }
}
`;

function divided({ rows, job }, format) {
  const target = { ...job.target, partitioning: ["part"] };
  return { rows, job: { ...job, target_connector: format, target } };
}

/** The number of a partition is spread so that each batch has some of all. */
function partitionRows(folder, rows) {
  const line = (id) => `${id},${(id * 7919) % 1000},customer number ${id % 77_777}\n`;
  return csv(
    folder,
    rows,
    ROW_FIELDS.map(({ name }) => name),
    line,
    ROW_FIELDS.map(({ type }) => type),
  );
}

async function csv(folder, rows, names, line, types, packer) {
  const path = packer ? "rows.csv.gz" : "rows.csv";
  const lines = Readable.from(chunksOf(`${names.join(",")}\n`, rows, line), { objectMode: false });
  await pipeline([lines, ...(packer ? [packer] : []), createWriteStream(join(folder, path))]);
  const schema = names.map((name, i) => ({ name, type: types[i] }));
  await writeFile(join(folder, "asset.yaml"), JSON.stringify({ name: "rows", version: "1.0.0", schema }));
  const job = {
    tenant_id: "bench",
    source_connector: "csv",
    source: { files: [{ path }] },
    target_connector: "parquet",
    target: { connection: { path: "lake" } },
    asset_path: "asset.yaml",
  };
  return { rows, job };
}

function* chunksOf(header, rows, line) {
  let chunk = header;
  for (let id = 0; id < rows; id++) {
    chunk += line(id);
    if (chunk.length < CHUNK_BYTES) continue;
    yield Buffer.from(chunk, "latin1");
    chunk = "";
  }
  yield Buffer.from(chunk, "latin1");
}
