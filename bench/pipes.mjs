// npm run bench:pipes [-- --rounds 5 --rows 2000000 --only csv-jsonl]
// What `dativo pipe` and its like cost, beside Miller, xan and DuckDB where they are installed. Whole processes in turn.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
  `${tools.machine.cpu}, ${tools.machine.cores} cores; mixed, ${dataset.rows} rows, ${mib(statSync(csv).size)} MiB of CSV`,
);
printComparison(tools, Object.fromEntries(Object.entries(CASES).map(([name, commands]) => [name, present(commands)])), {
  rounds: Number(values.rounds),
  only: values.only,
  cwd: folder,
});

function assetFile() {
  const file = at("asset.json");
  if (!existsSync(file)) writeFileSync(file, assetOf(dataset, dataset.contract));
  return file;
}

/** Those whose program is on the path. */
function present(commands) {
  const isThere = (command) => spawnSync("which", command.split(" ").slice(0, 1)).status === 0;
  return Object.fromEntries(Object.entries(commands).filter(([, command]) => isThere(command)));
}
