import type { AssetDefinition } from "../contract/asset.ts";
import { BaseWriter } from "../contract/writer.ts";
import type { Ledger } from "./ledger.ts";
import { listLiveFiles, liveRecords } from "./record.ts";

/** What of a job stands in its target, and would stand there twice if it were added once more. */
export interface Held {
  /** Undefined where the target is no place for files, which nobody can look into. */
  readonly files: number | undefined;
  readonly records: number;
}

/** What the job has committed and is still there. */
export async function countHeld({ place: { books, target }, latest }: Ledger): Promise<Held> {
  if (!target) {
    let records = 0;
    for await (const { counts } of liveRecords(books, latest)) records += counts["written"] ?? 0;
    return { files: undefined, records };
  }
  const held = { files: 0, records: 0 };
  for (const { path, rows } of await listLiveFiles(books, latest)) {
    if ((await target.sizeOf(path)) === undefined) continue;
    held.files++;
    held.records += rows ?? 0;
  }
  return held;
}

/**
 * Commits that nothing has been read. The target's own record wins over the state, so that this has to be decided as
 * every commit is: under the lock, with a number of its own, and finished by the next run where this one dies. What the
 * target holds stays there.
 *
 * @param ledger one that was opened for a reset.
 * @returns the number of the commit.
 */
export async function commitReset(ledger: Ledger, asset: AssetDefinition): Promise<number> {
  const attempt = await ledger.begin(asset);
  await attempt.commit({
    writer: new IdleWriter(asset),
    files: [],
    counts: { read: 0, added: 0, filtered: 0, rejected: 0, written: 0 },
    positions: new Map(),
    values: undefined,
    schema: undefined,
    balanced: true,
  });
  return attempt.token.seq;
}

/** Of a commit without records. */
class IdleWriter extends BaseWriter {
  writeBatch(): [] {
    return [];
  }
}
