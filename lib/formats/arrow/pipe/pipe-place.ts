import type { Batch } from "../../../contract/batch.ts";
import { parseJson, stringifyJson } from "../../../contract/json.ts";
import { Provenance } from "../../../contract/provenance.ts";
import type { ArrowBatch } from "../arrow-batch.ts";

/** Where the records of a batch stand: the first number and those that are missing. Undefined where that is not known. */
export function formatPlace({ provenance, length }: Batch): string | undefined {
  if (!provenance || length === 0) return undefined;
  const { source, numbering = numberingOf(provenance, length) } = provenance;
  return numbering && stringifyJson({ source, ...numbering });
}

/** The batch, whose records stand where the place says. */
export function withPlace(batch: ArrowBatch, text: string | undefined): ArrowBatch {
  if (text === undefined) return batch;
  const { source, first, missing } = parseJson(text) as { source: string; first: number; missing: number[] };
  return batch.placedAt(Provenance.numbered(source, first, missing));
}

/** Undefined for records that do not stand one after another. */
function numberingOf({ rowAt }: Provenance, length: number): { first: number; missing: number[] } | undefined {
  const first = rowAt(0);
  const missing: number[] = [];
  // Where the last number is as far off as there are records, none is missing.
  if (rowAt(length - 1) === first + length - 1) return { first, missing };
  for (let index = 1; index < length; index++) {
    const [before, row] = [rowAt(index - 1), rowAt(index)];
    if (row <= before) return undefined;
    for (let gap = before + 1; gap < row && missing.length < MAX_MISSING; gap++) missing.push(gap);
  }
  return missing.length < MAX_MISSING ? { first, missing } : undefined;
}

/** A stage that lets few records through would say more of those that are missing than of those that are there. */
const MAX_MISSING = 100_000;
