/** Files of all runs side by side: each appears by itself, so that a reader can see some of a run for milliseconds. */
import { rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "../../contract/errors.ts";
import { linkIfAbsent, makeFolder, removeEmptyFolders, syncFolder } from "../../storage/durable.ts";
import { exists } from "../../storage/exists.ts";
import { reach } from "../../storage/fail-point.ts";
import { nameTaken } from "../decision.ts";
import type { CommitRecord } from "../record.ts";
import type { ControlPaths } from "./control-paths.ts";
import { DATA_FOLDER, isFile } from "./published-file.ts";

/**
 * Gives every file of a record its final name. Idempotent: a name that is taken by the same content is done.
 *
 * @throws DativoError DTV_COMMIT_CONFLICT when a name is taken by something else, which is left alone.
 */
export async function publishFlat(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  const folders = new Set<string>();
  await reach("K14");
  for (const [index, file] of record.files.entries()) {
    const final = join(target, file.path);
    const staged = join(paths.staging(record.runId), file.staged);
    // What is staged no longer was published by whoever took this run for dead.
    const isNamed = (await exists(staged)) && (await nameFile(staged, final));
    if (!isNamed && !(await isFile(final, file))) throw nameTaken(final);
    folders.add(dirname(final));
    if (index === 0) await reach("K15");
  }
  await reach("K16");
  for (const folder of folders) await syncFolder(folder);
}

/** Another job may find a folder empty, and remove it, just before our file comes into it. */
async function nameFile(staged: string, final: string): Promise<boolean> {
  for (let triesLeft = 10; ; triesLeft--) {
    await makeFolder(dirname(final), DATA_FOLDER);
    try {
      return await linkIfAbsent(staged, final);
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || triesLeft === 0 || !(await exists(staged))) throw error;
    }
  }
}

/**
 * Takes the files of a run that was retracted out of the target again. A file that has the name of one of them and is
 * not the one that was staged is left alone.
 */
export async function unpublishFlat(paths: ControlPaths, target: string, record: CommitRecord): Promise<void> {
  for (const file of record.files) {
    const final = join(target, file.path);
    if (!(await isOther(final, join(paths.staging(record.runId), file.staged)))) await rm(final, { force: true });
    await syncFolder(dirname(final)).catch(() => {});
    await removeEmptyFolders(dirname(final), target);
  }
}

/** True when both exist and are not one file under two names. */
async function isOther(path: string, staged: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, staged].map((name) => stat(name).catch(() => undefined)));
  return one !== undefined && two !== undefined && (one.ino !== two.ino || one.dev !== two.dev);
}
