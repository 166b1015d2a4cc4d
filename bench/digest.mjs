import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { BENCH } from "./places.mjs";

/** Rows and sums of files, see digest.py. */
export function digest(tools, contract, format, path) {
  const words = [join(BENCH, "digest.py"), contract, format, path];
  return JSON.parse(execFileSync(tools.python, words, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }));
}

/** @throws Error that names the first column in which what was written is not what was read */
export function compareDigests(who, found, wanted) {
  if (found.rows !== wanted.rows) throw new Error(`${who} wrote ${found.rows} rows of ${wanted.rows}`);
  for (const [name, { values, sum }] of Object.entries(wanted.columns)) {
    const mine = found.columns[name];
    if (mine.values !== values) throw new Error(`${who} wrote ${mine.values} values of ${values} in column ${name}`);
    if (mine.sum !== sum) throw new Error(`${who} wrote other values into column ${name}`);
  }
  if (found.whole_rows !== wanted.whole_rows) throw new Error(`${who} put values into other rows`);
}
