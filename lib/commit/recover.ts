import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import { linkIfAbsent, makeFolder, syncFolder } from "../storage/durable.ts";
import { exists } from "../storage/exists.ts";
import type { ControlPaths } from "./places.ts";
import { isFile, moveReplaced, publishFiles, unpublishFiles } from "./publish.ts";
import { type CommitRecord, listFolder, readLatest, readRecord } from "./record.ts";
import { keepRejects } from "./rejects-file.ts";

/**
 * Finishes or undoes what runs before this one left, under the lock: whatever has no manifest never happened; whatever
 * has one is committed if its files are whole, else taken back.
 *
 * @returns the newest commit record.
 */
export async function recover(
  paths: ControlPaths,
  target: string | undefined,
  log: Log,
): Promise<CommitRecord | undefined> {
  let latest = await readLatest(paths);
  for (const name of (await listFolder(paths.pending)).sort()) {
    if (!name.endsWith(".manifest")) continue;
    const manifestPath = join(paths.pending, name);
    const record = await readRecord(manifestPath);
    if (record.seq === (latest?.seq ?? 0) + 1 && (await canFinish(paths, target, record))) {
      latest = await finish(paths, target, record, manifestPath);
      log.info(`Finished the commit of run ${record.runId}, which had died`, { runId: record.runId });
    } else if (latest?.runId !== record.runId) {
      if (target !== undefined) await unpublishFiles(target, record);
      log.info(`Rolled back run ${record.runId}, which had died`, { runId: record.runId });
    }
    await rm(manifestPath, { force: true });
    await syncFolder(paths.pending);
  }
  if (latest && target !== undefined) await moveReplaced(paths, target, latest);
  for (const runId of await listFolder(paths.stagingRoot))
    await rm(paths.staging(runId), { recursive: true, force: true });
  return latest;
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

async function finish(
  paths: ControlPaths,
  target: string | undefined,
  record: CommitRecord,
  manifestPath: string,
): Promise<CommitRecord> {
  if (target !== undefined) await publishFiles(paths, target, { ...record, files: await stillStaged(paths, record) });
  await keepRejects(paths, record.runId);
  await makeFolder(paths.commits);
  await linkIfAbsent(manifestPath, paths.commit(record.seq));
  await syncFolder(paths.commits);
  const decided = await readRecord(paths.commit(record.seq));
  if (decided.runId !== record.runId) {
    throw new DativoError("DTV_COMMIT_CONFLICT", `Run ${decided.runId} committed sequence ${record.seq} meanwhile`);
  }
  return decided;
}

async function stillStaged(paths: ControlPaths, record: CommitRecord): Promise<CommitRecord["files"]> {
  const left = [];
  for (const file of record.files) if (await exists(join(paths.staging(record.runId), file.staged))) left.push(file);
  return left;
}
