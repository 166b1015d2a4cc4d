import { rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "../../contract/errors.ts";
import type { Storage } from "../../contract/storage.ts";
import { makeFolder, removeEmptyFolders, syncFolder } from "../../storage/durable.ts";
import { exists } from "../../storage/exists.ts";
import type { FileTarget, RunStaging } from "../books.ts";
import type { CommitRecord } from "../record.ts";
import type { ControlPaths } from "./control-paths.ts";
import { publishFlat, unpublishFlat } from "./flat-files.ts";
import { FolderStaging } from "./folder-staging.ts";
import { DATA_FOLDER, isFile } from "./published-file.ts";
import { hasRunFolder, publishFolder, unpublishFolder } from "./run-folder.ts";

/** A folder of the local file system, in either layout. */
export class FolderTarget implements FileTarget {
  readonly uri: string;
  readonly #paths: ControlPaths;

  /** `paths` lie in the folder. */
  constructor(folder: string, paths: ControlPaths) {
    this.uri = folder;
    this.#paths = paths;
  }

  /** It is everyone's; the bookkeeping inside it is ours. */
  open(): Promise<void> {
    return makeFolder(this.uri, DATA_FOLDER);
  }

  openStaging(_runId: string, folder: string, source: Storage): RunStaging {
    return new FolderStaging(folder, source);
  }

  publish(record: CommitRecord): Promise<void> {
    return hasRunFolder(record)
      ? publishFolder(this.#paths, this.uri, record)
      : publishFlat(this.#paths, this.uri, record);
  }

  unpublish(record: CommitRecord): Promise<void> {
    return hasRunFolder(record)
      ? unpublishFolder(this.#paths, this.uri, record)
      : unpublishFlat(this.#paths, this.uri, record);
  }

  async moveReplaced(record: CommitRecord): Promise<void> {
    if (record.replaces.length === 0) return;
    const folders = new Set<string>();
    for (const name of record.replaces) {
      const old = join(this.#paths.old(record.runId), `${name}.old`);
      await makeFolder(dirname(old));
      try {
        await rename(join(this.uri, name), old);
      } catch (error) {
        if (systemCode(error) !== "ENOENT") throw error;
      }
      folders.add(dirname(join(this.uri, name)));
    }
    for (const folder of folders) await removeEmptyFolders(folder, this.uri);
    await syncFolder(this.uri);
  }

  async isWhole({ runId, files }: CommitRecord): Promise<boolean> {
    for (const file of files) {
      const staged = join(this.#paths.staging(runId), file.staged);
      const place = (await exists(staged)) ? staged : join(this.uri, file.path);
      if (!(await isFile(place, file))) return false;
    }
    return true;
  }

  async sizeOf(path: string): Promise<number | undefined> {
    return (await stat(join(this.uri, path)).catch(() => undefined))?.size;
  }
}
