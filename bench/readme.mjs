import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./places.mjs";
import { costTable, describeData, describeRun } from "./report.mjs";

const BEGIN = "<!-- bench:begin, written by npm run bench -- --readme -->";
const END = "<!-- bench:end -->";

/**
 * Puts the table of the mixed columns between the two marks of README.md.
 *
 * @throws Error when there is no result, or a mark is missing
 */
export function updateReadme(results, path = join(ROOT, "README.md")) {
  const file = join(results, "mixed.json");
  if (!existsSync(file)) throw new Error(`${file} is missing: run the suite mixed first`);
  const result = JSON.parse(readFileSync(file, "utf8"));
  const readme = readFileSync(path, "utf8");
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path} has no place for results: ${BEGIN} … ${END}`);
  const parts = [
    readme.slice(0, begin + BEGIN.length),
    `**Measured** ([how](bench/README.md)): ${describeData(result)}`,
    costTable(result),
    describeRun(result),
    readme.slice(end),
  ];
  writeFileSync(path, parts.join("\n\n"));
}
