import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeResult } from "./report.mjs";

/** Keeps a result as JSON and as Markdown, and returns the latter. */
export function saveResult(folder, result) {
  const text = describeResult(result);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.name}.json`), `${JSON.stringify(result, undefined, 1)}\n`);
  writeFileSync(join(folder, `${result.name}.md`), text);
  return text;
}
