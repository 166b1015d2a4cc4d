import type { Batch } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import type { Decoder, Format } from "../contract/format.ts";

/** A header, or the records of a first batch, that are longer than this are left to the format. */
const LOOK_BYTES = 6 * 1024 * 1024;

export interface LookedAt {
  /** What was read of the source, in memory that nobody uses again. */
  readonly looked: readonly Uint8Array[];
  /** None behind a fault, or where more must be seen. */
  readonly first: Batch | undefined;
}

export interface Look {
  readonly decoder: Decoder;
  isWanted(batch: Batch): boolean;
  /** Whether the batch of a source that has no full one is wanted, too. */
  readonly isEndWanted: boolean;
}

/** Reads bytes until the format makes a batch of them that is wanted. What the format says of them goes nowhere. */
export async function lookForBatch(
  { decoder, isWanted, isEndWanted }: Look,
  chunks: AsyncIterator<Uint8Array>,
): Promise<LookedAt> {
  const looked: Uint8Array[] = [];
  for (let length = 0; length < LOOK_BYTES; ) {
    const { value, done } = await chunks.next();
    if (done) {
      const last = isEndWanted ? unlessFaulty(() => find(decoder.end(), isWanted)) : undefined;
      return { looked, first: last?.batch };
    }
    const found = unlessFaulty(() => find(decoder.push(value), isWanted));
    length += value.length;
    // The memory of a chunk is used again for a later one.
    looked.push(new Uint8Array(value));
    if (!found || found.batch) return { looked, first: found?.batch };
  }
  return { looked, first: undefined };
}

/** A decoder whose rejects and warnings nobody hears: whoever reads the source in earnest tells of them. */
export function silentDecoder(format: Format, options: unknown, batchRows: number): Decoder {
  const silent = (): void => {};
  const decoder = format.decoder?.(options, { source: "", reject: silent, warn: silent, batchRows });
  if (decoder) return decoder;
  throw new DativoError("DTV_STAGE_MISUSE", `The format '${format.name}' cannot be read`);
}

export async function* behind(
  looked: readonly Uint8Array[],
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* looked;
  yield* { [Symbol.asyncIterator]: () => chunks };
}

function find(batches: Iterable<Batch>, isWanted: (batch: Batch) => boolean): { readonly batch: Batch | undefined } {
  for (const batch of batches) if (isWanted(batch)) return { batch };
  return { batch: undefined };
}

function unlessFaulty<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof DativoError) return undefined;
    throw error;
  }
}
