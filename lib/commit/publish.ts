import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DativoError, systemCode } from "../contract/errors.ts";
import { makeFolder, removeEmptyFolders, syncFolder } from "../storage/durable.ts";
import { publishFlat, unpublishFlat } from "./flat-files.ts";
import type { ControlPaths } from "./places.ts";
import type { CommitRecord } from "./record.ts";
import { hasRunFolder, publishFolder, unpublishFolder } from "./run-folder.ts";

/**
 * Makes the files of a record visible in its layout. Idempotent.
 *
 * @throws DativoError DTV_COMMIT_CONFLICT when a name is taken by something else, which is left alone.
 */
export function publishFiles(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  return hasRunFolder(record) ? publishFolder(paths, target, record) : publishFlat(paths, target, record);
}

/** Takes the files of a run that was retracted out of the target again. */
export function unpublishFiles(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  return hasRunFolder(record) ? unpublishFolder(paths, target, record) : unpublishFlat(paths, target, record);
}

/** The next run decides by the manifest, which stays. */
export function halfDone(cause: unknown): DativoError {
  return new DativoError("DTV_OUTCOME_UNKNOWN", "The commit failed half-way and could not be taken back", {
    hint: "The next run finishes it or takes it back.",
    cause,
  });
}

/** Moves the files that a record replaces out of sight; what has moved before is passed over. */
export async function moveReplaced(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  if (record.replaces.length === 0) return;
  const folders = new Set<string>();
  for (const name of record.replaces) {
    const old = join(paths.old(record.runId), `${name}.old`);
    await makeFolder(dirname(old));
    try {
      await rename(join(target, name), old);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
    folders.add(dirname(join(target, name)));
  }
  for (const folder of folders) await removeEmptyFolders(folder, target);
  await syncFolder(target);
}
