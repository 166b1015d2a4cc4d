import type { Unpacking } from "./compression.ts";
import type { Partition } from "./file-name.ts";

/** What a place for bytes offers to readers. Paths are as the user wrote them; the storage resolves them. */
export interface ReadStorage {
  /**
   * The files that a path or glob pattern names, ordered by path. A path that names nothing is an error, a
   * pattern that matches nothing is too.
   *
   * @throws DativoError DTV_SOURCE_NOT_FOUND, DTV_SOURCE_NOT_A_FILE
   */
  find(pattern: string): Promise<StoredFile[]>;
  /** Opens a file for reading. @throws DativoError DTV_SOURCE_NOT_FOUND, DTV_SOURCE_UNREADABLE */
  open(path: string): Promise<SourceFile>;
}

export interface Storage extends ReadStorage {
  /**
   * Creates a file in the run's staging area; nothing is visible before the commit. Name and folders may be any text:
   * each becomes one name that the storage can hold; a partition becomes `column=value`. Any number may be open: the
   * storage has few descriptors in use at a time.
   */
  create(name: string, folders?: readonly (string | Partition)[]): Promise<StagedFile>;
}

export interface StoredFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Nanoseconds since 1970, as decimal text: no double holds them. */
  readonly mtimeNs: string;
  /** What a store calls this content of it; another content has another one, whatever its time is. */
  readonly version?: string | undefined;
}

export interface SourceFile extends StoredFile {
  /**
   * The content in order, decompressed as `unpacking` says, by default when it is known to be compressed. Chunks are
   * fresh: the receiver may keep them.
   */
  bytes(unpacking?: Unpacking): AsyncIterable<Uint8Array>;
  /**
   * The same in chunks of so many bytes, where it is not compressed, whose memory is used again: a chunk is overwritten
   * when the second one after it is asked for. `makeHash` gives what the digest is made by; without one the bytes are not
   * hashed on the way.
   */
  lentBytes(chunkBytes: number, makeHash?: () => ContentHash, unpacking?: Unpacking): AsyncIterable<Uint8Array>;
  /** Where native code can read the stored bytes by itself; undefined where they lie elsewhere. */
  readonly local?: LocalBytes;
  /** The same by a copy in a folder of this machine, which is gone with the file; undefined where there is no need of one. */
  copyInto?(folder: string): Promise<LocalBytes>;
  /** `length` bytes from `offset` of the stored bytes. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * XXH3-128 of the stored bytes, or of the first so many, hex; reads what `bytes()` has not read. Of all the bytes of an
   * object it is what the store says, as `md5:…`, `etag:…` or `generation:…`, which costs nothing. Tells contents apart;
   * proves nothing to others.
   */
  digest(upTo?: number): Promise<string>;
  /** The same of what was read in order so far. */
  digestSoFar(): Promise<{ readonly readBytes: number; readonly xxh128: string }>;
  /** @throws DativoError DTV_SOURCE_CHANGED when size or time are no longer those of the opening. */
  verifyUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** An open file, for as long as the `SourceFile` is. */
export interface LocalBytes {
  readonly descriptor: number;
  /** Says that so many bytes were read there. */
  noteRead(bytes: number): void;
}

/** XXH3-128 of bytes as they come. */
export interface ContentHash {
  update(bytes: Uint8Array): void;
  /** Of the bytes so far, hex. */
  digest(): string;
  close(): void;
}

export interface StagedFile {
  /** Where it lies now. */
  readonly path: string;
  readonly sizeBytes: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Closes it durably (fsync). */
  seal(): Promise<{ sizeBytes: number; sha256: string }>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}
