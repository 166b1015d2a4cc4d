import { createXXHash128 } from "hash-wasm";
import type { Batch } from "../../lib/contract/batch.ts";
import { stringifyJson } from "../../lib/contract/json.ts";
import { RowBatch } from "../../lib/contract/row-batch.ts";

/** Rows that are read together although nobody asked for all of them: a read costs about as much as so many cells. */
const GAP_ROWS = 32;

/** The identities of some records of a batch, in the order of the rows given, which go up. */
export type Identify = (batch: Batch, rows: readonly number[]) => string[];

/**
 * A record is known by some of its fields: XXH3-128 over their names and values. A field without a value says nothing,
 * so that a contract may gain fields without making its records others.
 */
export async function compileIdentify(fields: readonly string[]): Promise<Identify> {
  const hasher = await createXXHash128();
  const hash = (text: string): string => {
    hasher.init();
    hasher.update(text);
    return Buffer.from(hasher.digest("binary")).toString("latin1");
  };
  const names = fields.map((name) => JSON.stringify(name));
  return (batch, rows) => {
    const positions = fields.map((name) => batch.schema.indexOf(name));
    return stretchesOf(rows).flatMap((stretch) => {
      const first = stretch[0] as number;
      const count = (stretch.at(-1) as number) - first + 1;
      const columns = positions.map((position) => cellsOf(batch, position, first, count));
      return stretch.map((row) => hash(textOf(names, columns, row - first)));
    });
  };
}

function textOf(names: readonly string[], columns: readonly (readonly unknown[])[], row: number): string {
  let text = "";
  for (let i = 0; i < names.length; i++) {
    const cell = columns[i]?.[row] ?? null;
    if (cell !== null) text += `${names[i]}:${stringifyJson(cell, "string")}\n`;
  }
  return text;
}

/** Rows that lie near each other. */
function stretchesOf(rows: readonly number[]): number[][] {
  const stretches: number[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    if (row - last > GAP_ROWS) stretches.push([]);
    stretches.at(-1)?.push(row);
    last = row;
  }
  return stretches;
}

/** Of a batch of columns only the cells that are asked for are made. */
function cellsOf(batch: Batch, position: number, start: number, count: number): readonly unknown[] {
  if (position < 0) return [];
  if (batch.readCells) return batch.readCells(position, start, count);
  return RowBatch.from(batch)
    .cells(position)
    .slice(start, start + count);
}
