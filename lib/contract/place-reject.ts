import type { Batch } from "./batch.ts";
import type { Reject } from "./reject.ts";
import { RowBatch, recordText } from "./row-batch.ts";

export type PlaceReject = (reject: Reject, input: Batch | undefined, owner: string) => Reject;

/**
 * A reject of a library, which knows a record by its number in the batch that it got, from 1: with the place where that
 * one came from. `owner` stands for a record that is in no batch.
 */
export function placeReject(reject: Reject, input: Batch | undefined, owner: string): Reject {
  if (reject.source !== "") return reject;
  const index = (reject.row ?? 0) - 1;
  const { row: _, ...placeless } = reject;
  if (!input || index < 0 || index >= input.length) return { ...placeless, source: owner };
  const record = reject.raw || !(input instanceof RowBatch) ? {} : { record: recordText(input, index) };
  return { ...placeless, ...record, ...(input.provenance?.at(index) ?? { source: owner }) };
}
