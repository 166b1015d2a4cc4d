import { type FileHandle, open } from "node:fs/promises";
import type { OutputStream } from "../contract/standard-streams.ts";
import { unwritable } from "../contract/unwritable.ts";

/** So much is sent to the disk together, while more is written. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** A new file as a stream. It goes to the disk while it is written; `sync` waits until all of it is there. */
export class FileOutput implements OutputStream {
  acceptedBytes = 0;
  readonly #path: string;
  readonly #handle: FileHandle;
  #unsynced = 0;
  /** A failed sync is never tried again: the kernel may have dropped the pages and would report success. */
  #syncing: Promise<void> | undefined;
  #failure: unknown;

  static async create(path: string): Promise<FileOutput> {
    try {
      return new FileOutput(path, await open(path, "wx"));
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw unwritable(this.#path, this.#failure);
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
    this.acceptedBytes += bytes.length;
    this.#unsynced += bytes.length;
    if (this.#unsynced >= SYNC_BYTES && !this.#syncing) this.#syncing = this.#syncAhead();
  }

  /** @throws DativoError DTV_TARGET_UNWRITABLE */
  async sync(): Promise<void> {
    await this.#syncing;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#handle.sync();
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async #syncAhead(): Promise<void> {
    this.#unsynced = 0;
    try {
      await this.#handle.datasync();
    } catch (cause) {
      this.#failure = cause;
    }
    this.#syncing = undefined;
  }

  async close(): Promise<void> {
    await this.#syncing;
    await this.#handle.close();
  }
}
