import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { StagedFile } from "../contract/storage.ts";
import { unwritable } from "../contract/unwritable.ts";
import { reach } from "./fail-point.ts";

/** Data files are for everyone whom the umask allows: other tools read the lake. */
const DATA_FILE = 0o666;

/** Opens a new staged file; its SHA-256 is computed while it is written. */
export async function createStagedFile(path: string): Promise<StagedFile> {
  let file: StagedFile | undefined;
  try {
    file = new LocalStagedFile(path, await open(path, "wx", DATA_FILE));
    await reach("K05");
    return file;
  } catch (cause) {
    await file?.discard();
    throw unwritable(path, cause);
  }
}

class LocalStagedFile implements StagedFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash("sha256");
  #sizeBytes = 0;

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
  }

  async seal(): Promise<{ sizeBytes: number; sha256: string }> {
    try {
      await reach("K07");
      await this.#handle.sync();
    } catch (cause) {
      // A failed fsync is never tried again: the kernel may have dropped the pages and would report success.
      throw unwritable(this.path, cause);
    } finally {
      await this.#handle.close();
    }
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest("hex") };
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.path, { force: true });
  }
}
