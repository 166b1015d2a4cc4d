import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { DativoError, systemCode } from "../contract/errors.ts";
import type { StagedFile } from "../contract/storage.ts";

/** Data files are for everyone whom the umask allows: other tools read the lake. */
const DATA_FILE = 0o666;

/** Opens a new staged file; its SHA-256 is computed while it is written. */
export async function createStagedFile(path: string): Promise<StagedFile> {
  try {
    return new LocalStagedFile(path, await open(path, "wx", DATA_FILE));
  } catch (cause) {
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

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["the disk is full", "Free some space and run again: nothing was published and nothing is half-written."],
  EDQUOT: ["the disk quota is used up", "Free some space and run again: nothing was published."],
  EFBIG: ["the file is larger than the limit of this process", "Raise `ulimit -f`, or lower target_size_mb."],
  EACCES: ["permission denied", "Give this user write permission, or choose another target."],
  EPERM: ["not permitted", "Give this user write permission, or choose another target."],
  EROFS: ["the file system is read-only", "Choose another target."],
  ENOENT: ["no folder or file can be made there", "Choose another target."],
  ENOTDIR: ["a part of the path is a file, not a folder", "Choose another target."],
  EEXIST: ["a file stands where a folder is needed", "Choose another target."],
  EMFILE: ["too many open files", "Raise `ulimit -n`."],
};

/** A fault of writing in plain words. */
export function unwritable(path: string, cause: unknown): DativoError {
  if (cause instanceof DativoError) return cause;
  const [reason, hint] = REASONS[systemCode(cause) ?? ""] ?? [
    cause instanceof Error ? cause.message : String(cause),
    undefined,
  ];
  return new DativoError("DTV_TARGET_UNWRITABLE", `Cannot write ${path}: ${reason}`, {
    culprit: path,
    hint,
    cause,
  });
}
