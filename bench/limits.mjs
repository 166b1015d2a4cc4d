// npm run bench:limits [-- CASE… [--share 0.1] [--memory 256] [--data FOLDER]]
// Whether `dativo run --memory` holds, in the cases that are hard on memory.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CASES } from "./limits-cases.mjs";
import { runLimited } from "./run-limited.mjs";

const { values, positionals } = parseArgs({
  options: {
    share: { type: "string", default: "1" },
    memory: { type: "string", default: "256" },
    data: { type: "string", default: join(dirname(fileURLToPath(import.meta.url)), "data") },
  },
  allowPositionals: true,
});
const memoryMib = Number(values.memory);
const line = (cells) => console.log(`| ${cells.join(" | ")} |`);

line(["case", "rows", "files", "time", `peak of ${memoryMib} MiB`, "held"]);
line(["---", "---:", "---:", "---:", "---:", "---"]);
for (const name of positionals.length > 0 ? positionals : Object.keys(CASES)) {
  const found = await runLimited(name, { folder: values.data, memoryMib, share: Number(values.share) });
  if (!found.held) process.exitCode = 1;
  line([
    CASES[name].about,
    found.rows.toLocaleString("en-US"),
    found.files.toLocaleString("en-US"),
    `${found.seconds.toFixed(1)} s`,
    `${found.peakMib.toFixed(0)} MiB`,
    found.held ? "yes" : "no",
  ]);
}
