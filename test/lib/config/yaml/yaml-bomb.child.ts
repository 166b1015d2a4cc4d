/** Reads one file in a fresh process and tells what that cost. */
import { readDocument } from "../../../../lib/config/document/read-document.ts";
import { DativoError } from "../../../../lib/contract/errors.ts";

const [path = ""] = process.argv.slice(2);
const before = process.resourceUsage().maxRSS;
const start = performance.now();
let code = "none";
try {
  await readDocument(path);
} catch (error) {
  if (!(error instanceof DativoError)) throw error;
  code = error.code;
}
const ms = performance.now() - start;
const grownMiB = (process.resourceUsage().maxRSS - before) / 1024;
process.stdout.write(JSON.stringify({ code, ms, grownMiB }));
