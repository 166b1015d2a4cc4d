import { constants } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, resolve } from "node:path";
import type { Unpacking } from "../contract/compression.ts";
import { DativoError, systemCode } from "../contract/errors.ts";
import { suffixOf } from "../contract/file-name.ts";
import { didYouMean } from "../contract/options.ts";
import type { ContentHash, LocalBytes, SourceFile, StagedFile, Storage, StoredFile } from "../contract/storage.ts";
import { decompress } from "./decompress.ts";
import { RunningHash } from "./running-hash.ts";

const CHUNK_BYTES = 256 * 1024;

/** One that is looked at, and one that is fetched meanwhile. */
const LENT_CHUNKS = 2;

/** Our own bookkeeping inside target folders is never a source. */
const IGNORED = ["**/_dativo/**"];

/** Called with every number of stored bytes that was read, for progress. */
export type ReadObserver = (bytes: number) => void;

/** The local file system, seen from a working directory. It reads; what it stages in is given by the run. */
export class LocalStorage implements Storage {
  readonly #cwd: string;
  readonly #observe: ReadObserver;

  constructor(cwd: string = process.cwd(), observe: ReadObserver = () => {}) {
    this.#cwd = cwd;
    this.#observe = observe;
  }

  async find(pattern: string): Promise<StoredFile[]> {
    const literal = await this.#stat(pattern).catch(() => undefined);
    if (literal) return [literal];
    // Most names are none.
    const { glob, isDynamicPattern } = await import("tinyglobby");
    if (!isDynamicPattern(pattern)) return [await this.#stat(pattern)];
    const absolute = isAbsolute(pattern);
    const paths = await glob(pattern, { cwd: this.#cwd, absolute, ignore: IGNORED, expandDirectories: false });
    if (paths.length === 0) {
      throw new DativoError("DTV_SOURCE_NOT_FOUND", `No file matches ${pattern}`, {
        culprit: pattern,
        hint: `The pattern was looked up in ${this.#cwd}.`,
      });
    }
    return Promise.all(paths.sort().map((path) => this.#stat(path)));
  }

  async open(path: string): Promise<SourceFile> {
    const stored = await this.#stat(path);
    try {
      return new LocalSourceFile(stored, await open(resolve(this.#cwd, path), constants.O_RDONLY), this.#observe);
    } catch (cause) {
      throw unreadable(path, cause);
    }
  }

  create(): Promise<StagedFile> {
    throw new DativoError("DTV_STAGE_MISUSE", "Only a writer in a run can create files");
  }

  async #stat(path: string): Promise<StoredFile> {
    const facts = await stat(resolve(this.#cwd, path), { bigint: true }).catch(async (cause: unknown) => {
      throw systemCode(cause) === "ENOENT" ? await notFound(path, this.#cwd, cause) : unreadable(path, cause);
    });
    if (facts.isDirectory()) {
      throw await isFolder(path, this.#cwd);
    }
    if (!facts.isFile()) {
      throw new DativoError("DTV_SOURCE_NOT_A_FILE", `${path} is not a regular file`, {
        culprit: path,
        hint: "Pipes and devices cannot be read again after a fault; write the data to a file first.",
      });
    }
    return { path, sizeBytes: Number(facts.size), mtimeNs: String(facts.mtimeNs) };
  }
}

class LocalSourceFile implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: string;
  readonly #handle: FileHandle;
  readonly #observe: ReadObserver;
  readonly #hash = new RunningHash((start, end) => this.#between(start, end));

  constructor(stored: StoredFile, handle: FileHandle, observe: ReadObserver) {
    this.path = stored.path;
    this.sizeBytes = stored.sizeBytes;
    this.mtimeNs = stored.mtimeNs;
    this.#handle = handle;
    this.#observe = observe;
  }

  get local(): LocalBytes {
    return { descriptor: this.#handle.fd, noteRead: this.#observe };
  }

  bytes(unpacking?: Unpacking): AsyncIterable<Uint8Array> {
    const stored = this.#stored(() => this.#buffer(CHUNK_BYTES));
    return decompress(stored, this.path, { unpacking });
  }

  lentBytes(chunkBytes: number, makeHash?: () => ContentHash, unpacking?: Unpacking): AsyncIterable<Uint8Array> {
    if (makeHash) this.#hash.begin(makeHash);
    const ring = Array.from({ length: LENT_CHUNKS }, () => this.#buffer(chunkBytes));
    let next = 0;
    const stored = this.#stored(() => ring[next++ % LENT_CHUNKS] as Buffer, makeHash !== undefined);
    return decompress(stored, this.path, { isLent: true, unpacking });
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await this.#readAt(offset, Buffer.allocUnsafeSlow(length));
    this.#observe(bytes.length);
    return bytes;
  }

  digest(upTo = this.sizeBytes): Promise<string> {
    return this.#hash.digest(upTo);
  }

  digestSoFar(): Promise<{ readonly readBytes: number; readonly xxh128: string }> {
    return this.#hash.soFar();
  }

  /** Stored bytes of which nobody is told; fewer where the file has become shorter. */
  async *#between(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let offset = start; offset < end; ) {
      const bytes = await this.#readAt(offset, this.#buffer(Math.min(CHUNK_BYTES, end - offset)));
      if (bytes.length === 0) return;
      offset += bytes.length;
      yield bytes;
    }
  }

  async verifyUnchanged(): Promise<void> {
    const facts = await this.#handle.stat({ bigint: true });
    if (Number(facts.size) === this.sizeBytes && String(facts.mtimeNs) === this.mtimeNs) return;
    throw new DativoError("DTV_SOURCE_CHANGED", `${this.path} changed while it was read`, {
      culprit: this.path,
      hint: "Run again when nobody writes to it; sources should be written under another name and renamed when whole.",
    });
  }

  async close(): Promise<void> {
    await this.#hash.close();
    await this.#handle.close();
  }

  async *#stored(nextBuffer: () => Buffer, isHashed = true): AsyncGenerator<Uint8Array> {
    for (let offset = 0; ; ) {
      const bytes = await this.#readAt(offset, nextBuffer());
      if (bytes.length === 0) return;
      if (isHashed) await this.#hash.note(bytes, offset);
      offset += bytes.length;
      this.#observe(bytes.length);
      yield bytes;
    }
  }

  /** No larger than the file: of thousands of small ones, megabytes for each would be most of the work. */
  #buffer(chunkBytes: number): Buffer {
    return Buffer.allocUnsafeSlow(Math.max(1, Math.min(chunkBytes, this.sizeBytes)));
  }

  async #readAt(offset: number, buffer: Buffer): Promise<Uint8Array> {
    try {
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, offset);
      return buffer.subarray(0, bytesRead);
    } catch (cause) {
      throw unreadable(this.path, cause);
    }
  }
}

async function notFound(path: string, cwd: string, cause: unknown): Promise<DativoError> {
  const neighbours = await readdir(dirname(resolve(cwd, path))).catch(() => []);
  return new DativoError("DTV_SOURCE_NOT_FOUND", `File not found: ${path}${didYouMean(basename(path), neighbours)}`, {
    culprit: path,
    hint: `The working directory is ${cwd}.`,
    cause,
  });
}

async function isFolder(path: string, cwd: string): Promise<DativoError> {
  const names = await readdir(resolve(cwd, path)).catch(() => []);
  const suffix = names.map(suffixOf).find(Boolean) ?? ".csv";
  return new DativoError("DTV_SOURCE_NOT_A_FILE", `${path} is a folder, not a file`, {
    culprit: path,
    hint: `Name its files with a pattern, for example "${path.replace(/\/$/, "")}/*${suffix}"`,
  });
}

function unreadable(path: string, cause: unknown): DativoError {
  const code = systemCode(cause);
  const reason =
    code === "EACCES" || code === "EPERM"
      ? "permission denied"
      : cause instanceof Error
        ? cause.message
        : String(cause);
  return new DativoError("DTV_SOURCE_UNREADABLE", `Cannot read ${path}: ${reason}`, { culprit: path, cause });
}
