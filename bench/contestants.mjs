import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assetOf } from "./datasets.mjs";
import { BENCH, ROOT } from "./places.mjs";
import { THREADS } from "./tools.mjs";

/**
 * Who can be measured. `prepare` makes what is needed in an empty folder and returns the command, the folder that it runs
 * in and the pattern of the files that it writes.
 */
export const CONTESTANTS = {
  dativo: { label: "Dativo, contract on", prepare: (dataset, folder) => job(dataset, dataset.contract, folder) },
  dativoOff: {
    label: "Dativo, types only",
    prepare: (dataset, folder) => job(dataset, dataset.typesOnly, folder),
  },
  native: {
    label: "rust/bench, contract on",
    prepare: (dataset, folder, tools) => native(dataset, dataset.contract, folder, tools),
  },
  nativeOff: {
    label: "rust/bench, types only",
    prepare: (dataset, folder, tools) => native(dataset, dataset.typesOnly, folder, tools),
  },
  duckdb: { label: "DuckDB", prepare: peer("peers/convert_duckdb.py", "out.parquet") },
  polars: { label: "Polars", prepare: peer("peers/convert_polars.py", "out.parquet") },
  // A dataset is a folder.
  pyarrow: { label: "PyArrow", prepare: peer("peers/convert_pyarrow.py", "out", "out/*.parquet") },
  baseline: { label: "Python, rows as dictionaries", prepare: peer("baseline.py", "out.parquet") },
};

/** Bytes of a file that Dativo closes: more than any here has, since the others write one file as well. */
const ONE_FILE_MB = 1_000_000;

function job(dataset, contract, folder) {
  mkdirSync(join(folder, "lake"));
  writeFileSync(join(folder, "asset.yaml"), assetOf(dataset, contract));
  writeFileSync(
    join(folder, "job.yaml"),
    JSON.stringify({
      tenant_id: "bench",
      source_connector: "csv",
      source: { files: [{ path: dataset.data }] },
      target_connector: "parquet",
      target: {
        connection: { path: "lake" },
        parquet_target_size_mb: ONE_FILE_MB,
        // What version 2 of the format is to DuckDB.
        engine: { options: { compression: "zstd", compression_level: 1, encodings: "split" } },
      },
      asset_path: "asset.yaml",
    }),
  );
  const bin = join(ROOT, "bin", "dativo.cjs");
  return {
    command: [process.execPath, bin, "run", "--config", "job.yaml", "--json", "--quiet"],
    cwd: folder,
    outputs: join(folder, "lake", "*.parquet"),
  };
}

function native({ data }, contract, folder, tools) {
  const out = join(folder, "out.parquet");
  return {
    command: [tools.native, "convert", data, out, "--contract", contract, "--threads", `${THREADS}`],
    cwd: folder,
    outputs: out,
  };
}

function peer(script, out, outputs = out) {
  return ({ data, contract }, folder, tools) => ({
    command: [tools.python, join(BENCH, script), data, contract, join(folder, out), `${THREADS}`],
    cwd: folder,
    outputs: join(folder, outputs),
  });
}
