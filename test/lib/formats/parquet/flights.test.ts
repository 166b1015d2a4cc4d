/** Three million records that somebody else wrote, all of them, held against DuckDB. */
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { decodeBatches } from "./codec.ts";
import { Duck } from "./duck.ts";

const FLIGHTS = fileURLToPath(
  new URL("../../../../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url),
);

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => duck.close());

interface Summary {
  records: number;
  nulls: number;
  least: unknown;
  greatest: unknown;
  /** Of numbers, of seconds since 1970, of the lengths of text. */
  sum: number;
}

test("all 3,000,000 flights", { timeout: 120_000 }, async () => {
  const file = await open(FLIGHTS);
  const { size } = await file.stat();
  const bytes = {
    sizeBytes: size,
    read: async (offset: number, length: number) => (await file.read(Buffer.alloc(length), 0, length, offset)).buffer,
  };
  const summaries: Summary[] = [];
  let schema = "";
  let next = 1;
  for await (const batch of decodeBatches(bytes)) {
    schema ||= batch.schema.toString();
    expect(batch.provenance?.rowAt(0)).toBe(next);
    next += batch.length;
    for (const index of batch.schema.fields.keys()) summaries[index] = add(summaries[index], batch, index);
  }
  await file.close();
  expect(schema).toBe('"date" timestamp, "delay" integer, "distance" integer, "origin" string, "destination" string');
  const names = ["date", "delay", "distance", "origin", "destination"];
  for (const [index, name] of names.entries()) expect([name, summaries[index]]).toEqual([name, await summaryOf(name)]);
});

function add(summary: Summary | undefined, batch: RowBatch, index: number): Summary {
  const into = summary ?? { records: 0, nulls: 0, least: undefined, greatest: undefined, sum: 0 };
  for (const cell of batch.cells(index)) {
    into.records++;
    if (cell === null) {
      into.nulls++;
      continue;
    }
    into.sum += weightOf(cell);
    if (into.least === undefined || (cell as string) < (into.least as string)) into.least = cell;
    if (into.greatest === undefined || (cell as string) > (into.greatest as string)) into.greatest = cell;
  }
  return into;
}

function weightOf(cell: unknown): number {
  if (typeof cell === "number") return cell;
  const text = cell as string;
  return text.includes("T") && text.length > 3 ? Date.parse(`${text}Z`) / 1000 : text.length;
}

async function summaryOf(name: string): Promise<Summary> {
  const weights: Record<string, string> = {
    date: "epoch(date)",
    origin: "length(origin)",
    destination: "length(destination)",
  };
  const columns = await duck.columns(
    `SELECT count(*), count(*) - count("${name}"), min("${name}"), max("${name}"),
      sum(${weights[name] ?? name})::BIGINT FROM '${FLIGHTS}'`,
  );
  const [records, nulls, least, greatest, sum] = columns.map((column) => column[0]);
  return { records, nulls, least, greatest, sum } as Summary;
}
