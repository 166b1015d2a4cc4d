import { type Batch, isBatch, type Row } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import { describeNoRecord, RowBatch } from "../contract/row-batch.ts";

/** What a stage was given: a foreign stage may hand over plain rows, and go on using them. */
export function asBatch(chunk: unknown, stage: string): Batch {
  if (isBatch(chunk)) return chunk;
  if (!Array.isArray(chunk)) throw misuse(`A ${stage} takes batches or arrays of rows, not ${typeof chunk}`);
  const found = chunk.map(describeNoRecord).find((what) => what !== undefined);
  if (found !== undefined) throw misuse(`A ${stage} was given ${found} as a record; a record is an object`);
  return RowBatch.copyOf(chunk as Row[]);
}

function misuse(message: string): DativoError {
  return new DativoError("DTV_STAGE_MISUSE", message);
}
