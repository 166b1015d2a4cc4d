import { escapeControls } from "../../contract/escape-controls.ts";
import { SchemaCollector } from "../../pipe/collectors.ts";
import { flow } from "../flow.ts";
import { formatNumberOf } from "../human.ts";
import { lookingAt } from "../look-at.ts";
import type { PipeFlags } from "../pipe-flags.ts";
import { printJson } from "../print-json.ts";
import { formatTable, type Terminal } from "../terminal.ts";

/** Records that types are told from, at most. */
const LOOKED_AT = 200_000;

/** The columns of a file and their types. */
export async function schemaOfCommand(
  flags: PipeFlags,
  terminal: Terminal,
  sources: readonly string[],
): Promise<number> {
  const collector = new SchemaCollector();
  const limit = flags.limit ?? LOOKED_AT;
  const code = await flow(lookingAt(collector, { ...flags, limit }, sources), flags, terminal);
  const { columns, rows } = collector;
  if (flags.json) {
    printJson({ columns, rowsInspected: rows, complete: rows < limit });
    return code;
  }
  const lines = columns.map(({ name, type, nullable }) => [escapeControls(name), type, nullable ? "nullable" : ""]);
  if (lines.length > 0) process.stdout.write(`${formatTable(lines)}\n`);
  if (rows >= limit) terminal.line(`Told from the first ${formatNumberOf(rows, "record")}; --limit says otherwise`);
  return code;
}
