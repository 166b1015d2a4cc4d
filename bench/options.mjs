import { join } from "node:path";
import { parseArgs } from "node:util";
import { BENCH } from "./places.mjs";
import { SUITES } from "./suites.mjs";

const USAGE = `npm run bench -- [options]
  --only NAMES    of ${Object.keys(SUITES).join(", ")}, separated by commas; default: all
  --rows N        records of each file (of the wide one a twentieth); default: what the suite is meant for
  --rounds N      how often everything is measured, in turn; default: 3
  --seed N        another seed, other data
  --json          print results as JSON, a line per suite
  --readme        put the results into README.md; with --only none those of before
  --data FOLDER   where data files are kept, and what is measured writes; default: bench/data
  --out FOLDER    where results are kept; default: bench/results`;

/** What the command line asks for; a wrong one ends the process with what it should have been. */
export function parseOptions(words) {
  try {
    const { values } = parseArgs({ args: words, options: OPTIONS });
    if (values.help) stop(USAGE, 0);
    return {
      suites: suitesOf(values.only),
      rows: numberOf("rows", values.rows),
      rounds: numberOf("rounds", values.rounds) ?? 3,
      seed: numberOf("seed", values.seed) ?? 1,
      json: values.json ?? false,
      readme: values.readme ?? false,
      data: values.data ?? join(BENCH, "data"),
      out: values.out ?? join(BENCH, "results"),
    };
  } catch (error) {
    return stop(`${error.message}\n\n${USAGE}`, 2);
  }
}

const OPTIONS = {
  only: { type: "string" },
  rows: { type: "string" },
  rounds: { type: "string" },
  seed: { type: "string" },
  json: { type: "boolean" },
  readme: { type: "boolean" },
  data: { type: "string" },
  out: { type: "string" },
  help: { type: "boolean", short: "h" },
};

function suitesOf(text) {
  if (text === undefined) return Object.keys(SUITES);
  const names = text.split(",").filter((name) => name !== "none");
  const unknown = names.find((name) => !Object.hasOwn(SUITES, name));
  if (unknown !== undefined) throw new Error(`There is no suite '${unknown}'`);
  return names;
}

function numberOf(name, text) {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]*$/.test(text)) throw new Error(`--${name} is a whole number from 1, got '${text}'`);
  return Number(text);
}

function stop(text, code) {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
}
