import { chmod, mkdtemp, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DativoError } from "../contract/errors.ts";
import type { Reject } from "../contract/reject.ts";
import type { CommitResult } from "../contract/results.ts";
import type { Storage } from "../contract/storage.ts";
import { unwritable } from "../contract/unwritable.ts";
import type { BaseWriter } from "../contract/writer.ts";
import { linkIfAbsent, syncFolder } from "../storage/durable.ts";
import type { Committer, Sealed, Staging } from "../stream/to-writable.ts";
import { FileLock } from "./folder/file-lock.ts";
import { describeAllStaged, StagingStorage } from "./folder/folder-staging.ts";
import { listFolder } from "./folder/list-folder.ts";
import { JobLock, readLock } from "./lock.ts";
import { newRunId } from "./run-id.ts";

export interface SingleFileParts {
  readonly path: string;
  /** Whether a file that is there may be replaced. */
  readonly mayReplace: boolean;
  readonly storage: Storage;
  /** Makes a writer that makes one file of what it gets. */
  createWriter(folder: string): Promise<BaseWriter>;
  /** What the class of the writer says. */
  readonly settlesTypes?: boolean | undefined;
  /** Makes the file where the writer reports none; returns its name in the folder. */
  createFile(folder: string, sealed: Sealed): Promise<string>;
  keepRejects(rejects: readonly Reject[]): Promise<void>;
  /** Called before the writer is made. */
  begin(): Promise<void>;
  /** Called once, after the commit or the abort. */
  end(): Promise<void>;
}

/** In the folder that a file is written in. */
const LOCK = "dativo.lock";

/** One file that appears whole or not at all: written beside its place, synced, and then named. */
export class SingleFileCommitter implements Committer {
  readonly #parts: SingleFileParts;
  #folder: string | undefined;
  /** Tells whether who writes here still lives. */
  #lock: JobLock | undefined;

  constructor(parts: SingleFileParts) {
    this.#parts = parts;
  }

  get settlesTypes(): boolean | undefined {
    return this.#parts.settlesTypes;
  }

  async open(): Promise<Staging> {
    const { path, mayReplace, storage, createWriter } = this.#parts;
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isDirectory()) throw unwritable(path, new Error("it is a folder"));
    if (facts && !mayReplace) throw taken(path);
    const folder = await this.#createFolder().catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    await this.#parts.begin();
    return { storage: new StagingStorage(folder, storage), createWriter: () => createWriter(folder) };
  }

  async #createFolder(): Promise<string> {
    const place = resolve(this.#parts.path);
    const prefix = `.${basename(place)}.`;
    await removeRemains(dirname(place), prefix);
    this.#folder = await mkdtemp(join(dirname(place), prefix));
    this.#lock = await JobLock.acquire(new FileLock(join(this.#folder, LOCK)), newRunId());
    return this.#folder;
  }

  keepRejects(rejects: readonly Reject[]): Promise<void> {
    return this.#parts.keepRejects(rejects);
  }

  async commit(sealed: Sealed): Promise<CommitResult> {
    const { path, mayReplace, createFile } = this.#parts;
    const folder = this.#folder as string;
    try {
      const [file, more] = await describeAllStaged(folder, sealed.files, (name) => name);
      if (more) throw new DativoError("DTV_INTERNAL", `The writer made more than one file of ${path}`);
      const staged = join(folder, file?.staged ?? (await createFile(folder, sealed)));
      if (!file) await syncFile(staged);
      await chmod(staged, 0o666 & ~process.umask());
      if (mayReplace) await rename(staged, path);
      else if (!(await linkIfAbsent(staged, path))) throw taken(path);
      await syncFolder(dirname(resolve(path)));
      return { status: "success", filesAdded: 1, totalRecords: sealed.counts.written };
    } catch (cause) {
      throw unwritable(path, cause);
    } finally {
      await this.#end();
    }
  }

  async abort(): Promise<{ rejectsPath: undefined }> {
    await this.#end();
    return { rejectsPath: undefined };
  }

  async #end(): Promise<void> {
    await this.#lock?.release();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    await this.#parts.end();
  }
}

/** What processes left that were killed while they wrote this file. A folder without a holder may be of anybody. */
async function removeRemains(parent: string, prefix: string): Promise<void> {
  for (const name of await listFolder(parent)) {
    if (!name.startsWith(prefix)) continue;
    const lock = await readLock(new FileLock(join(parent, name, LOCK))).catch(() => undefined);
    if (lock?.holder && !lock.isAlive) await rm(join(parent, name), { recursive: true, force: true });
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function taken(path: string): DativoError {
  return new DativoError("DTV_TARGET_UNWRITABLE", `${path} is there already`, {
    culprit: path,
    hint: "Name another file, or replace this one with --force.",
  });
}
