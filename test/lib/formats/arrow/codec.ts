import type { Batch } from "../../../../lib/contract/batch.ts";
import type { Format } from "../../../../lib/contract/format.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import type { Schema } from "../../../../lib/contract/schema.ts";
import { arrowFormat, arrowStreamFormat } from "../../../../lib/formats/arrow/arrow-format.ts";

export const FORMATS: readonly Format[] = [arrowFormat, arrowStreamFormat];

export interface Decoded {
  readonly schema: Schema;
  readonly columns: unknown[][];
  readonly batches: Batch[];
}

/** What our encoder makes of columns, cut into batches. */
export function encodeAll(
  format: Format,
  schema: Schema,
  columns: readonly (readonly unknown[])[],
  batchRows = 2000,
  metadata: Record<string, string> = {},
): Buffer {
  const encoder = format.encoder?.({}, { schema, metadata });
  if (!encoder) throw new Error("no encoder");
  const rows = columns[0]?.length ?? 0;
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < rows; start += batchRows) {
    const count = Math.min(batchRows, rows - start);
    const cells = columns.map((column) => column.slice(start, start + count));
    chunks.push(...(encoder.encode(RowBatch.fromColumns(schema, cells, count)) as Uint8Array[]));
  }
  return Buffer.concat([...chunks, ...(encoder.end() as Uint8Array[])]);
}

export interface DecodeSettings {
  readonly options?: object;
  /** Places at which the bytes are cut. */
  readonly cuts?: readonly number[];
  readonly batchRows?: number;
}

export async function decodeAll(bytes: Uint8Array, settings: DecodeSettings = {}): Promise<Decoded> {
  const { options = {}, cuts = [], batchRows = 2000 } = settings;
  const decoder = arrowFormat.asyncDecoder?.(options, {
    source: "test.arrow",
    batchRows,
    reject: refuse,
    warn: refuse,
  });
  if (!decoder) throw new Error("no decoder");
  const batches: Batch[] = [];
  let from = 0;
  for (const to of [...[...cuts].sort((a, b) => a - b), bytes.length]) {
    // Its memory is another's afterwards: nothing may be a view of it.
    const chunk = Uint8Array.from(bytes.subarray(from, to));
    for await (const batch of decoder.push(chunk)) batches.push(batch);
    chunk.fill(0xee);
    from = to;
  }
  for await (const batch of decoder.end()) batches.push(batch);
  return collect(batches);
}

/** The same of bytes that can be read at any place, as those of a file. */
export async function decodeFile(bytes: Uint8Array, { options = {}, batchRows = 2000 }: DecodeSettings = {}) {
  const access = { sizeBytes: bytes.length, read: async (at: number, length: number) => bytes.slice(at, at + length) };
  const context = { source: "test.arrow", batchRows, reject: refuse, warn: refuse };
  const batches: Batch[] = [];
  for await (const batch of arrowFormat.decodeAt?.(access, options, context) ?? []) batches.push(batch);
  return collect(batches);
}

function collect(batches: Batch[]): Decoded {
  const schema = batches[0]?.schema as Schema;
  const made = batches.map((batch) => RowBatch.from(batch));
  return { schema, batches, columns: schema.fields.map((_, index) => made.flatMap((batch) => batch.cells(index))) };
}

function refuse(): never {
  throw new Error("nothing is rejected or warned of here");
}
