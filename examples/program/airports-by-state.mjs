// Loads the airports that are in a state and counts them on the way: stock streams, one of them a plain generator.
// Run it in the root of the project: node examples/program/airports-by-state.mjs
import { pipeline } from "node:stream/promises";
import { loadAsset, mapSchema, readCsv, readParquet, validate, writeParquet } from "dativo-ingest";

const asset = await loadAsset("assets/airports.yaml");
const counts = new Map();

async function* countByState(batches) {
  for await (const batch of batches) {
    for (const { state } of batch) counts.set(state, (counts.get(state) ?? 0) + 1);
    yield batch;
  }
}

await pipeline(
  readCsv("node_modules/vega-datasets/data/airports.csv", { null_values: ["", "NA"] }),
  validate(asset, { mode: "warn" }),
  countByState,
  mapSchema({ rename: { iata: "code" } }),
  writeParquet("lake/airports-by-program", { asset }),
);

console.table([...counts].sort((a, b) => b[1] - a[1]).slice(0, 5));

let published = 0;
for await (const batch of readParquet("lake/airports-by-program/*.parquet")) published += batch.length;
console.log(`${published} airports are published in lake/airports-by-program`);
