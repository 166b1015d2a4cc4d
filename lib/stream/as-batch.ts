import { type Batch, isBatch, type Row } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import { describeNoRecord, MAX_BATCH_ROWS, RowBatch } from "../contract/row-batch.ts";

/** What a stage was given: a foreign stage may hand over plain rows, and go on using them. */
export function asBatch(chunk: unknown, stage: string): Batch {
  if (isBatch(chunk)) return chunk;
  if (!Array.isArray(chunk)) throw misuse(`A ${stage} takes batches or arrays of rows, not ${typeof chunk}`);
  const found = chunk.map(describeNoRecord).find((what) => what !== undefined);
  if (found !== undefined) throw misuse(`A ${stage} was given ${found} as a record; a record is an object`);
  return RowBatch.copyOf(chunk as Row[]);
}

/**
 * The parts in which a stage gets a batch. One of columns that becomes JavaScript values as a whole would take ten times
 * its memory.
 */
export function partsFor(batch: Batch, input: "rows" | "batch" | "columns" | undefined): Iterable<Batch> {
  if (batch.length === 0) return [];
  return input === "columns" || !batch.slices ? [batch] : batch.slices(MAX_BATCH_ROWS);
}

function misuse(message: string): DativoError {
  return new DativoError("DTV_STAGE_MISUSE", message);
}
