import type { Format } from "../../../lib/contract/format.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import type { Schema } from "../../../lib/contract/schema.ts";

export interface EncodeSettings {
  readonly options?: Record<string, unknown>;
  readonly metadata?: Record<string, string>;
  /** Records per batch handed to the encoder. */
  readonly batchRows?: number;
}

/** The file that our encoder makes of some columns. */
export async function encodeTable(
  format: Format,
  schema: Schema,
  columns: readonly (readonly unknown[])[],
  { options = {}, metadata = {}, batchRows = 2000 }: EncodeSettings = {},
): Promise<Buffer> {
  const encoder = format.encoder?.(options, { schema, metadata });
  if (!encoder) throw new Error(`${format.name} cannot be written`);
  const chunks: Uint8Array[] = [];
  const rows = columns[0]?.length ?? 0;
  for (let start = 0; start < rows; start += batchRows) {
    const count = Math.min(batchRows, rows - start);
    const cells = columns.map((column) => column.slice(start, start + count));
    chunks.push(...(await encoder.encode(RowBatch.fromColumns(schema, cells, count))));
  }
  chunks.push(...(await encoder.end()));
  return Buffer.concat(chunks);
}
