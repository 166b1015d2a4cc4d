import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../contract/context.ts";
import { makeFolder, syncFolder } from "../storage/durable.ts";
import { exists } from "../storage/exists.ts";
import { decide, retract } from "./decision.ts";
import type { ControlPaths } from "./places.ts";
import { isFile, moveReplaced, publishFiles, unpublishFiles } from "./publish.ts";
import { type CommitRecord, listFolder, readDecided, readLatest, readRecord } from "./record.ts";
import { keepRejects } from "./rejects-file.ts";

/**
 * Finishes or undoes what runs before this one left, under the lock: whatever has no manifest never happened; whatever
 * has one is committed if its files are whole, else taken back. The lock may have been taken from a run that is only
 * slow, so nothing is removed from the target before its manifest is moved aside.
 *
 * @returns the newest commit record.
 */
export async function recover(
  paths: ControlPaths,
  target: string | undefined,
  log: Log,
): Promise<CommitRecord | undefined> {
  for (const name of (await listFolder(paths.pending)).sort()) {
    if (!/\.(manifest|retracted)$/.test(name)) continue;
    const path = join(paths.pending, name);
    const record = await readRecord(path);
    await settle(paths, target, record, name.endsWith(".manifest"), log);
    await rm(path, { force: true });
    await rm(paths.retracted(record.seq, record.runId), { force: true });
    await syncFolder(paths.pending);
  }
  const latest = await readLatest(paths);
  if (latest && target !== undefined) await moveReplaced(paths, target, latest);
  for (const runId of await listFolder(paths.stagingRoot))
    await rm(paths.staging(runId), { recursive: true, force: true });
  return latest;
}

async function settle(
  paths: ControlPaths,
  target: string | undefined,
  record: CommitRecord,
  isPrepared: boolean,
  log: Log,
): Promise<void> {
  const winner = await readDecided(paths, record.seq);
  if (winner?.runId === record.runId) return;
  const isNext = record.seq === ((await readLatest(paths))?.seq ?? 0) + 1;
  if (isPrepared && isNext && (await canFinish(paths, target, record))) {
    if ((await finish(paths, target, record)) === record.runId) {
      log.info(`Finished the commit of run ${record.runId}, which had died`, { runId: record.runId });
      return;
    }
  }
  await rollBack(paths, target, record, log);
}

/** A run whose writer commits by itself cannot be finished here: only its own `committed` knows. */
async function canFinish(paths: ControlPaths, target: string | undefined, record: CommitRecord): Promise<boolean> {
  if (record.writerFiles.length > 0) return false;
  for (const file of record.files) {
    const staged = join(paths.staging(record.runId), file.staged);
    const place = (await exists(staged)) ? staged : join(target ?? "", file.path);
    if (!(await isFile(place, file))) return false;
  }
  return true;
}

/** Returns whose record stands under the run's number afterwards. */
async function finish(
  paths: ControlPaths,
  target: string | undefined,
  record: CommitRecord,
): Promise<string | undefined> {
  if (target !== undefined) await publishFiles(paths, target, { ...record, files: await stillStaged(paths, record) });
  await keepRejects(paths, record.runId);
  await makeFolder(paths.commits);
  return decide(paths, record);
}

async function rollBack(
  paths: ControlPaths,
  target: string | undefined,
  record: CommitRecord,
  log: Log,
): Promise<void> {
  const { decided } = await retract(paths, record);
  if (decided === record.runId) return;
  if (target !== undefined) await unpublishFiles(paths, target, record);
  log.info(`Rolled back run ${record.runId}, which had died`, { runId: record.runId });
}

async function stillStaged(paths: ControlPaths, record: CommitRecord): Promise<CommitRecord["files"]> {
  const left = [];
  for (const file of record.files) if (await exists(join(paths.staging(record.runId), file.staged))) left.push(file);
  return left;
}
