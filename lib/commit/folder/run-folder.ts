/**
 * Files of a run in a folder of their own, which gets its name in one step: a reader that lists the target at any moment
 * sees all of them or none (rename(2)).
 */
import { rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { systemCode } from "../../contract/errors.ts";
import { isFolder, linkIfAbsent, makeFolder, syncFolder } from "../../storage/durable.ts";
import { reach } from "../../storage/fail-point.ts";
import { nameTaken } from "../decision.ts";
import type { CommitRecord } from "../record.ts";
import type { ControlPaths } from "./control-paths.ts";
import { DATA_FOLDER, isFile } from "./published-file.ts";

type FolderRecord = CommitRecord & { readonly runFolder: string };

export function hasRunFolder(record: CommitRecord): record is FolderRecord {
  return record.runFolder !== undefined;
}

/**
 * Gives every file its name inside staging, and then their folder its own. Idempotent: a folder that is there, with
 * these files, is done.
 *
 * @throws DativoError DTV_COMMIT_CONFLICT when a folder of that name holds something else, which is left alone.
 */
export async function publishFolder(paths: ControlPaths, target: string, record: FolderRecord): Promise<void> {
  const final = join(target, record.runFolder);
  await reach("K14");
  if (!(await isFolder(final))) await nameFiles(paths, record);
  if (!(await moveFolder(paths.named(record.runId), final))) await checkFiles(target, record);
  await reach("K16");
  await syncFolder(target);
}

/** Takes the folder of a run that was retracted out of the target again, as it came: at once. */
export async function unpublishFolder(paths: ControlPaths, target: string, record: FolderRecord): Promise<void> {
  const aside = paths.unnamed(record.runId);
  await rm(aside, { recursive: true, force: true });
  await makeFolder(dirname(aside));
  await moveFolder(join(target, record.runFolder), aside);
  await syncFolder(target);
}

async function nameFiles(paths: ControlPaths, record: FolderRecord): Promise<void> {
  const staging = paths.staging(record.runId);
  const named = paths.named(record.runId);
  const folders = new Set<string>();
  for (const [index, file] of record.files.entries()) {
    const name = join(named, relative(record.runFolder, file.path));
    await makeFolder(dirname(name), DATA_FOLDER);
    await linkIfAbsent(join(staging, file.staged), name);
    folders.add(dirname(name));
    if (index === 0) await reach("K15");
  }
  for (const folder of folders) await syncFolder(folder);
}

/** What is there already must be what was staged. */
async function checkFiles(target: string, { files }: FolderRecord): Promise<void> {
  for (const file of files) {
    const path = join(target, file.path);
    if (!(await isFile(path, file))) throw nameTaken(path);
  }
}

/** What says that a folder has been moved before, by this process or another, or never was. */
const MOVED = ["ENOENT", "ENOTEMPTY", "EEXIST"];

/** False when there is nothing to move. */
async function moveFolder(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (MOVED.includes(systemCode(error) ?? "")) return false;
    throw error;
  }
}
