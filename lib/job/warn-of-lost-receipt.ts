import { join } from "node:path";
import type { Ledger } from "../commit/ledger.ts";
import type { Log } from "../contract/context.ts";
import { exists } from "../storage/exists.ts";

/**
 * Says so where the newest commit has no receipt, because its run died before it kept one. Nobody else can write it: what
 * the run had read, how long it took and what it warned of went with it. Said once, by whoever takes over its lock.
 */
export async function warnOfLostReceipt(folder: string, { hasDead, latest, place }: Ledger, log: Log): Promise<void> {
  if (!hasDead || !latest || latest.mode === "reset" || (await exists(join(folder, `${latest.runId}.json`)))) return;
  log.warn(
    `Run ${latest.runId} died before it kept a receipt of commit ${latest.seq}: there is none; counts and files stand in ${place.books.commitPath(latest.seq)}`,
  );
}
