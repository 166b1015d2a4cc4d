import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { createSha256 } from "../contract/sha256.ts";
import type { StagedFile } from "../contract/storage.ts";
import { unwritable } from "../contract/unwritable.ts";
import { type Descriptor, Descriptors } from "./descriptors.ts";
import { reach } from "./fail-point.ts";

/** Data files are for everyone whom the umask allows: other tools read the lake. */
const DATA_FILE = 0o666;

/** The file as it was left: never one that somebody else has put in its place by a link, nor a new one. */
const AGAIN = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;

/** Opens a new staged file; its SHA-256 is computed while it is written. */
export async function createStagedFile(
  path: string,
  descriptors: Descriptors = new Descriptors(),
): Promise<StagedFile> {
  let file: LocalStagedFile | undefined;
  try {
    file = new LocalStagedFile(path, descriptors);
    await file.create();
    await reach("K05");
    return file;
  } catch (cause) {
    await file?.discard();
    throw unwritable(path, cause);
  }
}

class LocalStagedFile implements StagedFile, Descriptor {
  readonly path: string;
  isBusy = false;
  readonly #descriptors: Descriptors;
  readonly #hash = createSha256();
  #handle: FileHandle | undefined;
  #isOurs = false;
  #sizeBytes = 0;

  constructor(path: string, descriptors: Descriptors) {
    this.path = path;
    this.#descriptors = descriptors;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async create(): Promise<void> {
    await this.#descriptors.use(this);
    this.#handle = await open(this.path, "wx", DATA_FILE);
    this.#isOurs = true;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#use(async (handle) => {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
    });
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
  }

  async seal(): Promise<{ sizeBytes: number; sha256: string }> {
    try {
      // A failed fsync is never tried again: the kernel may have dropped the pages and would report success.
      await this.#use(async (handle) => {
        await reach("K07");
        await handle.sync();
      });
    } finally {
      await this.#end();
    }
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest("hex") };
  }

  async discard(): Promise<void> {
    await this.#end().catch(() => {});
    if (this.#isOurs) await rm(this.path, { force: true });
  }

  /** Gives its descriptor to others. What it has written so far is told when it is synced, also by another descriptor. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #use(work: (handle: FileHandle) => Promise<void>): Promise<void> {
    this.isBusy = true;
    try {
      await this.#descriptors.use(this);
      this.#handle ??= await open(this.path, AGAIN);
      await work(this.#handle);
    } catch (cause) {
      throw unwritable(this.path, cause);
    } finally {
      this.isBusy = false;
    }
  }

  #end(): Promise<void> {
    this.#descriptors.forget(this);
    return this.close();
  }
}
