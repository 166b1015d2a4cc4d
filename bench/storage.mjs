// npm run bench:storage [-- --rounds 5 --rows 2000000 --only upload]
// What it costs that a target or a source is a bucket, beside the same job in a folder, and beside the bare Upload of the AWS
// SDK. The store is versitygw on this machine. Whole processes in turn.
import { spawn, spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { mib, printComparison, shell } from "./comparison.mjs";
import { assetOf, makeDataset } from "./datasets.mjs";
import { BENCH, ROOT } from "./places.mjs";
import { prepareTools } from "./tools.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    rows: { type: "string", default: "2000000" },
    only: { type: "string" },
    data: { type: "string", default: join(BENCH, "data") },
  },
});
const UPLOAD_BYTES = 1024 ** 3;
const tools = prepareTools({ data: values.data });
const dataset = makeDataset(tools, "mixed", Number(values.rows), 1);
const folder = join(values.data, "storage");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const at = (name) => join(folder, name);
const port = await freePort();
const env = {
  ...process.env,
  S3_ENDPOINT: `http://127.0.0.1:${port}`,
  AWS_ACCESS_KEY_ID: "benchaccess",
  AWS_SECRET_ACCESS_KEY: "benchsecret",
  AWS_REGION: "us-east-1",
};
const server = await startServer();
process.on("exit", () => server.kill("SIGKILL"));

const dativo = `${process.execPath} ${join(ROOT, "bin", "dativo.cjs")}`;
writeFileSync(at("asset.json"), assetOf(dataset, dataset.contract));
const [local, bucket] = [at("lake"), "s3://bench/lake"];
const run = (name, source, target) => {
  const job = { tenant_id: "bench", name, ...source, ...target, asset_path: at("asset.json") };
  writeFileSync(at(`${name}.yaml`), JSON.stringify(job));
  return `STATE_DIR=${at("state")} ${dativo} run --config ${at(`${name}.yaml`)} --quiet`;
};
const from = (connector, path) => ({ source_connector: connector, source: { files: [{ path }] } });
const to = (connector, path) => ({ target_connector: connector, target: { connection: { path } } });

shell(run("make-local", from("csv", dataset.data), to("parquet", at("source"))), env);
shell(run("make-bucket", from("csv", dataset.data), to("parquet", "s3://bench/source")), env);
if ((values.only ?? "upload") === "upload") makeNoise(at("noise.bin"));

/** Every other one is compared with the first. */
const CASES = {
  "csv-parquet": {
    "to a folder": run("csv-local", from("csv", dataset.data), to("parquet", local)),
    "to a bucket": run("csv-bucket", from("csv", dataset.data), to("parquet", bucket)),
  },
  "parquet-jsonl": {
    "from a folder": run("pq-local", from("parquet", join(at("source"), "*.parquet")), to("jsonl", local)),
    "from a bucket": run("pq-bucket", from("parquet", "s3://bench/source/*.parquet"), to("jsonl", local)),
  },
  "parquet-parquet": {
    "from a folder": run("pp-local", from("parquet", join(at("source"), "*.parquet")), to("parquet", local)),
    "from a bucket": run("pp-bucket", from("parquet", "s3://bench/source/*.parquet"), to("parquet", local)),
  },
  // Without a contract: to check records takes longer than to read and write them.
  "parquet-pipe": {
    "from a folder": `${dativo} pipe '${join(at("source"), "*.parquet")}' --force -o ${at("piped.parquet")}`,
    "from a bucket": `${dativo} pipe 's3://bench/source/*.parquet' --force -o ${at("piped.parquet")}`,
  },
  upload: {
    "Upload of the SDK": `${process.execPath} ${join(BENCH, "storage-upload.mjs")} sdk ${at("noise.bin")}`,
    Dativo: `${process.execPath} ${join(BENCH, "storage-upload.mjs")} dativo ${at("noise.bin")}`,
  },
};

console.log(
  `${tools.machine.cpu}, ${tools.machine.cores} cores; mixed, ${dataset.rows} rows, ${mib(statSync(dataset.data).size)} MiB of CSV; upload ${mib(UPLOAD_BYTES)} MiB`,
);
printComparison(tools, CASES, { rounds: Number(values.rounds), only: values.only, cwd: folder, env, prepare: clean });
server.kill("SIGTERM");
process.exit(0);

async function startServer() {
  const binary = join(ROOT, ".tools", "servers", "versitygw-v1.8.0");
  if (!existsSync(binary)) throw new Error("versitygw is not built: npm run test:servers");
  for (const name of ["root/bench", "versions"]) mkdirSync(at(name), { recursive: true });
  const words = ["--port", `127.0.0.1:${port}`, "--health", "/health", "--quiet", "posix", at("root")];
  const keys = { ROOT_ACCESS_KEY: env.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: env.AWS_SECRET_ACCESS_KEY };
  const child = spawn(binary, words, { env: { PATH: process.env.PATH, ...keys }, stdio: "ignore" });
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(`${env.S3_ENDPOINT}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return child;
    await sleep(50);
  }
  throw new Error("versitygw does not answer");
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
}

/** Nothing of the run before is left, and none of it on its way to the disk. */
function clean() {
  for (const name of ["lake", "state", "root/bench/lake"]) rmSync(at(name), { recursive: true, force: true });
  spawnSync("sync");
}

function makeNoise(path) {
  const block = randomFillSync(Buffer.allocUnsafe(64 * 1024 ** 2));
  const file = openSync(path, "w");
  for (let written = 0; written < UPLOAD_BYTES; written += block.length) writeSync(file, block);
  closeSync(file);
  truncateSync(path, UPLOAD_BYTES);
}
