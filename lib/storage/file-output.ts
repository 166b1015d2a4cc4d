import { type FileHandle, open } from "node:fs/promises";
import type { OutputStream } from "../contract/standard-streams.ts";
import { unwritable } from "../contract/unwritable.ts";

/** A new file as a stream. Whoever makes it visible syncs it first. */
export class FileOutput implements OutputStream {
  acceptedBytes = 0;
  readonly #path: string;
  readonly #handle: FileHandle;

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
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
    this.acceptedBytes += bytes.length;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
