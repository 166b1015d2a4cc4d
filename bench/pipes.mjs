// npm run bench:pipes [-- --rounds 5 --rows 2000000 --only csv-jsonl]
// What `dativo pipe` and its like cost, beside Miller, xan and DuckDB where they are installed. Whole processes in turn.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeDataset } from "./datasets.mjs";
import { BENCH, ROOT } from "./places.mjs";
import { median } from "./statistics.mjs";
import { prepareTools } from "./tools.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    rows: { type: "string", default: "2000000" },
    only: { type: "string" },
    data: { type: "string", default: join(BENCH, "data") },
  },
});
const tools = prepareTools({ data: values.data });
const dataset = makeDataset(tools, "mixed", Number(values.rows), 1);
const folder = join(values.data, "pipes");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const at = (name) => join(folder, name);
const dativo = `${process.execPath} ${join(ROOT, "bin", "dativo.cjs")}`;
const csv = dataset.data;
for (const name of ["data.jsonl", "data.parquet"]) shell(`${dativo} convert ${csv} ${at(name)} --asset ${assetFile()}`);
writeFileSync(at("ten.csv"), `a,b\n${Array.from({ length: 10 }, (_, i) => `${i},x${i}\n`).join("")}`);
writeFileSync(
  at("ten.json"),
  JSON.stringify({ name: "ten", version: "1.0.0", schema: [{ name: "a", type: "integer" }] }),
);

const duckdb = (query) => `${tools.python} -c "import duckdb; duckdb.sql('SET threads=2'); duckdb.sql(\\"${query}\\")"`;
const [jsonl, parquet] = [at("data.jsonl"), at("data.parquet")];
const target = at("out.parquet");

/** The first of each is ours; the others are compared with it. */
const CASES = {
  "csv-jsonl": {
    Dativo: `${dativo} pipe --to jsonl < ${csv} > ${at("out")}`,
    Miller: `mlr --icsv --ojsonl cat < ${csv} > ${at("out")}`,
    xan: `xan to jsonl < ${csv} > ${at("out")}`,
  },
  "jsonl-csv": {
    Dativo: `${dativo} pipe --to csv < ${jsonl} > ${at("out")}`,
    Miller: `mlr --ijsonl --ocsv cat < ${jsonl} > ${at("out")}`,
    xan: `xan from -f jsonl < ${jsonl} > ${at("out")}`,
  },
  "jsonl-parquet": {
    Dativo: `${dativo} convert ${jsonl} ${target} --force --asset ${assetFile()}`,
    DuckDB: duckdb(
      `COPY (SELECT * FROM read_json('${jsonl}', format='newline_delimited')) TO '${target}' (FORMAT parquet)`,
    ),
  },
  "jsonl-parquet-untyped": {
    Dativo: `${dativo} convert ${jsonl} ${target} --force`,
    "with a contract": `${dativo} convert ${jsonl} ${target} --force --asset ${assetFile()}`,
    DuckDB: duckdb(
      `COPY (SELECT * FROM read_json('${jsonl}', format='newline_delimited')) TO '${target}' (FORMAT parquet)`,
    ),
  },
  "jsonl-arrow-untyped": {
    Dativo: `${dativo} convert ${jsonl} ${at("out.arrow")} --force`,
    "with a contract": `${dativo} convert ${jsonl} ${at("out.arrow")} --force --asset ${assetFile()}`,
  },
  "parquet-csv": {
    Dativo: `${dativo} convert ${parquet} ${at("out.csv")} --force`,
    DuckDB: duckdb(`COPY (SELECT * FROM '${parquet}') TO '${at("out.csv")}' (HEADER)`),
  },
  "arrow-pipe": {
    Arrow: `${dativo} read ${parquet} | ${dativo} count -`,
    NDJSON: `${dativo} read ${parquet} --to jsonl | ${dativo} count --from jsonl -`,
  },
  count: { Dativo: `${dativo} count ${csv}`, Miller: `mlr --icsv --ojsonl count ${csv}`, xan: `xan count ${csv}` },
  start: {
    "node -e 0": `${process.execPath} -e 0`,
    "dativo --version": `${dativo} --version`,
    "ten rows": `${dativo} pipe < ${at("ten.csv")}`,
    "ten rows, contract": `${dativo} pipe --asset ${at("ten.json")} < ${at("ten.csv")}`,
  },
};

console.log(
  `${tools.machine.cpu}, ${tools.machine.cores} cores; mixed, ${dataset.rows} rows, ${mib(statSync(csv).size)} MiB of CSV\n`,
);
console.log(
  "| case | who | wall | of the first | CPU | of the first | peak |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |",
);
for (const [name, commands] of Object.entries(CASES)) {
  if (values.only !== undefined && values.only !== name) continue;
  const present = Object.entries(commands).filter(([, command]) => isThere(command));
  const runs = Object.fromEntries(present.map(([who]) => [who, []]));
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [who, command] of present) {
      const cost = timed(command);
      // The first round warms the page cache.
      if (round > 0) runs[who].push(cost);
    }
  }
  const found = Object.entries(runs).map(([who, costs]) => [who, middle(costs)]);
  const [, first] = found[0];
  for (const [who, { wall, cpu, peak }] of found) {
    const of = (a, b) => (a / b).toFixed(2);
    console.log(
      `| ${name} | ${who} | ${wall.toFixed(2)} s | ${of(wall, first.wall)} | ${cpu.toFixed(2)} s | ${of(cpu, first.cpu)} | ${mib(peak)} MiB |`,
    );
  }
}

function assetFile() {
  const file = at("asset.json");
  if (existsSync(file)) return file;
  const { fields, few_values: _, ...head } = JSON.parse(readFileSync(dataset.contract, "utf8"));
  writeFileSync(file, JSON.stringify({ ...head, source_type: "csv", object: "mixed", schema: fields }));
  return file;
}

function isThere(command) {
  const [program] = command.split(" ");
  return spawnSync("which", [program]).status === 0;
}

function timed(command) {
  const report = at("report.json");
  const words = ["measure", report, ...tools.confine, "bash", "-o", "pipefail", "-c", command];
  const { stderr } = spawnSync(tools.native, words, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 });
  const seen = JSON.parse(readFileSync(report, "utf8"));
  if (seen.exit_code !== 0) throw new Error(`${command}: exit ${seen.exit_code}\n${stderr}`);
  return { wall: seen.wall_seconds, cpu: seen.user_seconds + seen.system_seconds, peak: seen.peak_bytes };
}

function middle(costs) {
  const of = (key) => median(costs.map((cost) => cost[key]));
  return { wall: of("wall"), cpu: of("cpu"), peak: of("peak") };
}

function shell(command) {
  execFileSync("bash", ["-c", command], { stdio: ["ignore", "ignore", "inherit"] });
}

function mib(bytes) {
  return (bytes / 1024 / 1024).toFixed(0);
}
