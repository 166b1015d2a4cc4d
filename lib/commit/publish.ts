import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DativoError, systemCode } from "../contract/errors.ts";
import { linkIfAbsent, makeFolder, syncFolder } from "../storage/durable.ts";
import type { ControlPaths } from "./places.ts";
import type { CommitRecord, PublishedFile } from "./record.ts";
import { hashFile } from "./staging.ts";

/** Folders of data are for everyone whom the umask allows. */
const DATA_FOLDER = 0o777;

/**
 * Gives every file of a record its final name. Idempotent: a name that is taken by the same content is done. What this
 * call has named is taken back when it fails.
 *
 * @throws DativoError DTV_COMMIT_CONFLICT when a name is taken by something else, which is left alone.
 */
export async function publishFiles(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  const linked: string[] = [];
  const folders = new Set<string>();
  try {
    for (const file of record.files) {
      const final = join(target, file.path);
      await makeFolder(dirname(final), DATA_FOLDER);
      if (await linkIfAbsent(join(paths.staging(record.runId), file.staged), final)) linked.push(final);
      else if (!(await isFile(final, file))) throw nameTaken(final);
      folders.add(dirname(final));
    }
    for (const folder of folders) await syncFolder(folder);
  } catch (error) {
    await removeAll(linked);
    throw error;
  }
}

/** True when a file has the size and hash that the record says. */
export async function isFile(path: string, expected: PublishedFile): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.size === expected.sizeBytes && (await hashFile(path)) === expected.sha256;
}

/** Takes the files of a run that lost, or cannot be finished, out of the target again. */
export async function unpublishFiles(target: string, record: CommitRecord): Promise<void> {
  for (const file of record.files) {
    const final = join(target, file.path);
    await rm(final, { force: true });
    await syncFolder(dirname(final)).catch(() => {});
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  try {
    for (const path of paths) await rm(path, { force: true });
  } catch (cause) {
    throw halfDone(cause);
  }
}

/** The next run decides by the manifest, which stays. */
export function halfDone(cause: unknown): DativoError {
  return new DativoError("DTV_OUTCOME_UNKNOWN", "The commit failed half-way and could not be taken back", {
    hint: "The next run finishes it or takes it back.",
    cause,
  });
}

function nameTaken(path: string): DativoError {
  return new DativoError("DTV_COMMIT_CONFLICT", `${path} exists and is not what this run wrote`, {
    culprit: path,
    hint: "Nothing was overwritten. Move the file away and run again.",
  });
}

/** Moves the files that a record replaces out of sight; what has moved before is passed over. */
export async function moveReplaced(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  if (record.replaces.length === 0) return;
  for (const name of record.replaces) {
    const old = join(paths.old(record.runId), `${name}.old`);
    await makeFolder(dirname(old));
    try {
      await rename(join(target, name), old);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
  await syncFolder(target);
}
