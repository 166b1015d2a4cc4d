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
 * Gives every file of a record its final name. Idempotent: a name that is taken by the same content is done.
 *
 * @throws DativoError DTV_COMMIT_CONFLICT when a name is taken by something else.
 */
export async function publishFiles(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  const folders = new Set<string>();
  for (const file of record.files) {
    const final = join(target, file.path);
    await makeFolder(dirname(final), DATA_FOLDER);
    const linked = await linkIfAbsent(join(paths.staging(record.runId), file.staged), final);
    if (!linked && !(await isFile(final, file))) {
      throw new DativoError("DTV_COMMIT_CONFLICT", `${final} exists and is not what this run wrote`, {
        culprit: final,
        hint: "Nothing was overwritten. Move the file away and run again.",
      });
    }
    folders.add(dirname(final));
  }
  for (const folder of folders) await syncFolder(folder);
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
