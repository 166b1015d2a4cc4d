import { escapeControls } from "../../contract/escape-controls.ts";
import { StatsCollector } from "../../pipe/collectors.ts";
import type { ColumnSummary } from "../../pipe/column-stats.ts";
import { flow } from "../flow.ts";
import { formatCount } from "../human.ts";
import { lookingAt } from "../look-at.ts";
import type { PipeFlags } from "../pipe-flags.ts";
import { printJson } from "../print-json.ts";
import { formatTable, type Terminal } from "../terminal.ts";

const MAX_SHOWN = 24;

/** What each column holds: counts, range, mean. */
export async function statsCommand(flags: PipeFlags, terminal: Terminal, sources: readonly string[]): Promise<number> {
  const collector = new StatsCollector();
  const code = await flow(lookingAt(collector, flags, sources), flags, terminal);
  const { columns, rows } = collector;
  if (flags.json)
    printJson({
      rows,
      columns: columns.map((column) => ({ ...column, min: plain(column.min), max: plain(column.max) })),
    });
  else process.stdout.write(`${formatTable([HEADER, ...columns.map(describe)])}\n`);
  return code;
}

const HEADER = ["column", "type", "count", "nulls", "distinct", "min", "max", "mean", "longest"];

function describe({ name, type, count, nulls, distinct, min, max, mean, longest }: ColumnSummary): string[] {
  return [
    escapeControls(name),
    type,
    formatCount(count),
    formatCount(nulls),
    distinct === undefined ? "> 10,000" : formatCount(distinct),
    show(min),
    show(max),
    mean === undefined ? "" : String(Number(mean.toPrecision(8))),
    longest === undefined ? "" : formatCount(longest),
  ];
}

function show(value: unknown): string {
  if (value === undefined) return "";
  const text = escapeControls(String(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}

/** JSON of other tools has no 64-bit integers, so they are text there. */
function plain(value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
