import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DativoError, systemCode } from "../contract/errors.ts";
import { linkIfAbsent, makeFolder, syncFolder } from "../storage/durable.ts";
import { reach } from "../storage/fail-point.ts";
import type { ControlPaths } from "./places.ts";
import type { CommitRecord, PublishedFile } from "./record.ts";
import { hashFile } from "./staging.ts";

/** Folders of data are for everyone whom the umask allows. */
const DATA_FOLDER = 0o777;

/**
 * Gives every file of a record its final name. Idempotent: a name that is taken by the same content is done.
 *
 * @throws DativoError DTV_COMMIT_CONFLICT when a name is taken by something else, which is left alone.
 */
export async function publishFiles(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  const folders = new Set<string>();
  await reach("K14");
  for (const [index, file] of record.files.entries()) {
    const final = join(target, file.path);
    await makeFolder(dirname(final), DATA_FOLDER);
    const named = await linkIfAbsent(join(paths.staging(record.runId), file.staged), final);
    if (!named && !(await isFile(final, file))) throw nameTaken(final);
    folders.add(dirname(final));
    if (index === 0) await reach("K15");
  }
  await reach("K16");
  for (const folder of folders) await syncFolder(folder);
}

/** True when a file has the size and hash that the record says. */
export async function isFile(path: string, expected: PublishedFile): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.size === expected.sizeBytes && (await hashFile(path)) === expected.sha256;
}

/**
 * Takes the files of a run that was retracted out of the target again. A file that has the name of one of them and is
 * not the one that was staged is left alone.
 */
export async function unpublishFiles(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  for (const file of record.files) {
    const final = join(target, file.path);
    if (!(await isOther(final, join(paths.staging(record.runId), file.staged)))) await rm(final, { force: true });
    await syncFolder(dirname(final)).catch(() => {});
  }
}

/** True when both exist and are not one file under two names. */
async function isOther(path: string, staged: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, staged].map((name) => stat(name).catch(() => undefined)));
  return one !== undefined && two !== undefined && (one.ino !== two.ino || one.dev !== two.dev);
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
