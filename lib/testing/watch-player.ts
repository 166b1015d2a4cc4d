import { isBatch } from "../contract/batch.ts";
import type { BaseReader } from "../contract/reader.ts";
import { iteratorOf } from "../stream/iterator-of.ts";

/** Counts how often a player is closed, which goes on as before. */
export function watchClose(player: { close(): unknown }): { readonly times: number } {
  const closed = { times: 0 };
  const close = player.close.bind(player);
  player.close = () => {
    closed.times++;
    return close();
  };
  return closed;
}

/** Notes how many records the largest batch of rows has that a reader yields, which goes on as before. */
export function watchBatches(reader: BaseReader): { readonly largest: number } {
  const seen = { largest: 0 };
  const extract = reader.extract.bind(reader);
  reader.extract = async function* (state, split) {
    const source = iteratorOf(await extract(state, split));
    if (!source) return;
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) {
        seen.largest = Math.max(seen.largest, rowsIn(next.value));
        yield next.value as never;
      }
    } finally {
      await source.return?.();
    }
  };
  return seen;
}

/** Batches of columns are bounded by their bytes. */
function rowsIn(yielded: unknown): number {
  const batch = isBatch(yielded) ? yielded : ((yielded as { batch?: unknown } | undefined)?.batch ?? yielded);
  return Array.isArray(batch) ? batch.length : 0;
}
