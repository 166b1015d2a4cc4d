import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { DativoError } from "../../../../lib/contract/errors.ts";
import type { RandomAccess } from "../../../../lib/contract/format.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import type { Schema } from "../../../../lib/contract/schema.ts";
import { parquetFormat } from "../../../../lib/formats/parquet/parquet-format.ts";
import { type EncodeSettings, encodeTable } from "../encode-table.ts";
import { decodeNatively, hasNativeTwin } from "./native-twin.ts";

export interface Table {
  readonly schema: Schema;
  readonly columns: unknown[][];
  readonly rows: number;
  /** Records of each batch. */
  readonly batches: number[];
}

/** The file that our encoder makes of some columns. */
export function encodeAll(
  schema: Schema,
  columns: readonly (readonly unknown[])[],
  settings?: EncodeSettings,
): Promise<Buffer> {
  return encodeTable(parquetFormat, schema, columns, settings);
}

export function bytesOf(content: Uint8Array): RandomAccess {
  return {
    sizeBytes: content.length,
    read: async (offset, length) => content.slice(offset, offset + length),
  };
}

/** Everything in a file, a column at a time. Where files are decoded natively as well, both ways must say the same. */
export async function decodeAll(
  content: Uint8Array | string,
  options: Record<string, unknown> = {},
  batchRows = 2000,
): Promise<Table> {
  const bytes = typeof content === "string" ? readFileSync(content) : content;
  const outcome = await outcomeOf(decodeBatches(bytesOf(bytes), options, batchRows));
  if (hasNativeTwin) {
    const { error, ...natively } = await outcomeOf(decodeNatively(bytes, options));
    expect({ ...natively, batches: outcome.batches }).toEqual({ ...outcome, error: undefined });
    expect(told(error)).toEqual(told(outcome.error));
  }
  if (outcome.error) throw outcome.error;
  return outcome as Table;
}

/** The same by the TypeScript decoder alone. */
export function decodeHere(content: Uint8Array): Promise<Table> {
  return collect(decodeBatches(bytesOf(content)));
}

type Outcome = Partial<Table> & { readonly error?: unknown };

async function outcomeOf(batches: AsyncIterable<RowBatch>): Promise<Outcome> {
  try {
    return await collect(batches);
  } catch (error) {
    return { error };
  }
}

function told(error: unknown): unknown {
  if (!(error instanceof DativoError)) return error;
  const { code, message, culprit, hint, details } = error;
  return { code, message, culprit, hint, details };
}

export async function* decodeBatches(
  bytes: RandomAccess,
  options: Record<string, unknown> = {},
  batchRows = 2000,
): AsyncGenerator<RowBatch> {
  const context = { source: "test.parquet", batchRows, reject: refuse, warn: refuse };
  const batches = parquetFormat.decodeAt?.(bytes, options, context) ?? [];
  for await (const batch of batches) yield RowBatch.from(batch);
}

async function collect(batches: AsyncIterable<RowBatch>): Promise<Table> {
  let schema: Schema | undefined;
  const columns: unknown[][] = [];
  const sizes: number[] = [];
  for await (const batch of batches) {
    schema ??= batch.schema;
    sizes.push(batch.length);
    for (const index of batch.schema.fields.keys()) {
      columns[index] ??= [];
      for (const cell of batch.cells(index)) columns[index].push(cell);
    }
  }
  if (!schema) throw new Error("no batch came");
  return { schema, columns, rows: sizes.reduce((a, b) => a + b, 0), batches: sizes };
}

function refuse(): never {
  throw new Error("nothing is rejected or warned of here");
}
