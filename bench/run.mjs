// npm run bench [-- --only mixed,wide --rows 200000 --rounds 3 --json --readme]
// Measures Dativo beside DuckDB, Polars and PyArrow on the same files, two cores each, whole processes. bench/README.md
// says what is compared with what.
import { parseOptions } from "./options.mjs";
import { updateReadme } from "./readme.mjs";
import { saveResult } from "./results.mjs";
import { SUITES } from "./suites.mjs";
import { prepareTools } from "./tools.mjs";

const options = parseOptions(process.argv.slice(2));
if (options.suites.length > 0) {
  const tools = prepareTools(options);
  for (const name of options.suites) {
    const result = SUITES[name](tools, options);
    const text = saveResult(options.out, result);
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${text}\n`);
  }
}
if (options.readme) updateReadme(options.out);
