import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digest } from "./digest.mjs";
import { LINEITEM } from "./lineitem.mjs";

/**
 * A CSV file with its contracts, and what stands in it. Made once and kept.
 *
 * @param name `mixed`, `wide` or `lineitem`; the last has about as many rows as asked for, and no seed
 */
export function makeDataset(tools, name, rows, seed) {
  const folder = join(tools.data, name === "lineitem" ? `${name}-${rows}` : `${name}-${rows}-seed-${seed}`);
  const dataset = {
    name,
    data: join(folder, "data.csv"),
    contract: join(folder, "contract.json"),
    typesOnly: join(folder, "types-only.json"),
  };
  const facts = join(folder, "facts.json");
  if (!existsSync(facts)) {
    console.error(`Making ${name}, ${rows.toLocaleString("en-US")} rows …`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    if (name === "lineitem") makeLineitem(tools, folder, dataset, rows);
    else makeSeeded(tools, dataset, rows, seed);
    writeFileSync(dataset.typesOnly, withoutRules(readFileSync(dataset.contract, "utf8")));
    // Last, since it says that all of the above is there.
    writeFileSync(facts, JSON.stringify(digest(tools, dataset.contract, "csv", dataset.data)));
  }
  const truth = JSON.parse(readFileSync(facts, "utf8"));
  return { ...dataset, truth, rows: truth.rows, sizeBytes: statSync(dataset.data).size };
}

/** The contract of a dataset as the text of an asset. */
export function assetOf({ name }, contract) {
  const { fields, few_values: _, ...head } = JSON.parse(readFileSync(contract, "utf8"));
  return JSON.stringify({ ...head, source_type: "csv", object: name, schema: fields });
}

function makeSeeded(tools, { name, data, contract }, rows, seed) {
  execFileSync(tools.native, ["generate", name, data, contract, "--rows", `${rows}`, "--seed", `${seed}`]);
}

const ROWS_OF_SCALE_1 = 6_001_215;

function makeLineitem(tools, folder, { data, contract }, rows) {
  const scale = String(Math.round((rows / ROWS_OF_SCALE_1) * 10_000) / 10_000);
  execFileSync(tools.tpchgen, ["csv", "-s", scale, "--tables", "lineitem", "--output-dir", folder, "--quiet"]);
  renameSync(join(folder, "lineitem.csv"), data);
  writeFileSync(contract, JSON.stringify(LINEITEM));
}

function withoutRules(contract) {
  const { fields, ...rest } = JSON.parse(contract);
  return JSON.stringify({ ...rest, fields: fields.map(({ name, type }) => ({ name, type })) });
}
