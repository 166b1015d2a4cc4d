import type { Reject } from "../../../../lib/contract/reject.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import type { Schema } from "../../../../lib/contract/schema.ts";
import { avroFormat } from "../../../../lib/formats/avro/avro-format.ts";
import { type EncodeSettings, encodeTable } from "../encode-table.ts";

export interface Table {
  readonly schema: Schema | undefined;
  readonly columns: unknown[][];
  readonly rows: number;
  /** Records of each batch. */
  readonly batches: number[];
  /** Numbers of the records in the file. */
  readonly numbers: number[];
  readonly rejects: Reject[];
  readonly error: unknown;
}

/** The file that our encoder makes of some columns. */
export function encodeAll(
  schema: Schema,
  columns: readonly (readonly unknown[])[],
  settings?: EncodeSettings,
): Promise<Buffer> {
  return encodeTable(avroFormat, schema, columns, settings);
}

export interface DecodeSettings {
  readonly options?: Record<string, unknown>;
  readonly batchRows?: number;
  /** Bytes that are pushed at a time. */
  readonly cut?: number;
}

/** Everything in a file, a column at a time, and the error that ended it. */
export async function decodeAll(
  bytes: Uint8Array,
  { options = {}, batchRows = 2000, cut = Math.max(bytes.length, 1) }: DecodeSettings = {},
): Promise<Table> {
  const rejects: Reject[] = [];
  const context = {
    source: "t.avro",
    batchRows,
    reject: (reject: Reject) => void rejects.push(reject),
    warn: () => {},
  };
  const batches: RowBatch[] = [];
  let error: unknown;
  try {
    const decoder = avroFormat.asyncDecoder?.(options, context);
    if (!decoder) throw new Error("Avro cannot be read");
    for (let at = 0; at < bytes.length; at += cut) {
      // A copy that is overwritten: nothing of what is pushed may be kept.
      const chunk = Buffer.from(bytes.subarray(at, at + cut));
      for await (const batch of decoder.push(chunk)) batches.push(RowBatch.from(batch));
      chunk.fill(0xee);
    }
    for await (const batch of decoder.end()) batches.push(RowBatch.from(batch));
  } catch (thrown) {
    error = thrown;
  }
  const schema = batches[0]?.schema;
  return {
    schema,
    columns: (schema?.fields ?? []).map((_, i) => batches.flatMap((batch) => batch.cells(i))),
    rows: batches.reduce((sum, { length }) => sum + length, 0),
    batches: batches.map(({ length }) => length),
    numbers: batches.flatMap(({ length, provenance }) => Array.from({ length }, (_, i) => provenance?.rowAt(i) ?? 0)),
    rejects,
    error,
  };
}
