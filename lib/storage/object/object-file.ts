import type { FileHandle } from "node:fs/promises";
import type { Unpacking } from "../../contract/compression.ts";
import type { ContentHash, LocalBytes, SourceFile } from "../../contract/storage.ts";
import { decompress } from "../decompress.ts";
import type { ReadObserver } from "../local.ts";
import { openNameless, requireRoom } from "../nameless-file.ts";
import { RunningHash } from "../running-hash.ts";
import type { ObjectFacts, ObjectStore } from "./object-store.ts";

const CHUNK_BYTES = 256 * 1024;

/** Whoever looks at the beginning of an object takes no more of it. */
const FIRST_BYTES = 1024 * 1024;

/** What is asked for at once. Smaller ranges wait longer for the store, per byte, than they take to come. */
const RANGE_BYTES = 8 * 1024 * 1024;

/** Ranges that are under way while one is worked on. */
const RANGES_AHEAD = 3;

/** One version of an object, for reading. What replaces it while it is read ends the reading. */
export class ObjectSourceFile implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: string;
  readonly version: string;
  readonly #store: ObjectStore;
  readonly #facts: ObjectFacts;
  readonly #observe: ReadObserver;
  readonly #hash = new RunningHash((start, end) => this.#ranges(start, end));
  /** Fires when nobody wants any more of it. */
  readonly #closed = new AbortController();
  #copy: FileHandle | undefined;

  constructor(store: ObjectStore, facts: ObjectFacts, observe: ReadObserver) {
    this.path = `${store.uri}/${facts.key}`;
    this.sizeBytes = facts.sizeBytes;
    this.mtimeNs = facts.mtimeNs;
    this.version = facts.version;
    this.#store = store;
    this.#facts = facts;
    this.#observe = observe;
  }

  bytes(unpacking?: Unpacking): AsyncIterable<Uint8Array> {
    return decompress(this.#stored(CHUNK_BYTES), this.path, { unpacking });
  }

  lentBytes(chunkBytes: number, makeHash?: () => ContentHash, unpacking?: Unpacking): AsyncIterable<Uint8Array> {
    if (makeHash) this.#hash.begin(makeHash);
    const stored = this.#stored(chunkBytes, { isLent: true, isHashed: makeHash !== undefined });
    return decompress(stored, this.path, { isLent: true, unpacking });
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await this.#store.read(this.#facts, offset, length, this.#closed.signal);
    this.#observe(bytes.length);
    return bytes;
  }

  async copyInto(folder: string): Promise<LocalBytes> {
    await requireRoom(folder, this.sizeBytes);
    const copy = await openNameless(folder);
    try {
      for await (const range of this.#ranges(0, this.sizeBytes, true)) {
        await copy.writeFile(range);
        this.#observe(range.length);
      }
    } catch (error) {
      await copy.close();
      throw error;
    }
    this.#copy = copy;
    return { descriptor: copy.fd, noteRead: () => {} };
  }

  /** What the store says of the whole; of a beginning, its bytes have to tell. */
  async digest(upTo?: number): Promise<string> {
    if (upTo !== undefined) return this.#hash.digest(upTo);
    const { md5, version } = this.#facts;
    if (md5 !== undefined) return `md5:${md5}`;
    return `${this.#store.uri.startsWith("s3:") ? "etag" : "generation"}:${version}`;
  }

  digestSoFar(): Promise<{ readonly readBytes: number; readonly xxh128: string }> {
    return this.#hash.soFar();
  }

  /** Every range was of this version, or the reading has failed. */
  async verifyUnchanged(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#copy?.close();
    await this.#hash.close();
  }

  async *#stored(chunkBytes: number, { isLent = false, isHashed = true } = {}): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for await (const range of this.#ranges(0, this.sizeBytes, isLent)) {
      for (let at = 0; at < range.length; at += chunkBytes) {
        const bytes = range.subarray(at, at + chunkBytes);
        if (isHashed) await this.#hash.note(bytes, offset);
        offset += bytes.length;
        this.#observe(bytes.length);
        yield bytes;
      }
    }
  }

  /** Bytes in order; the ranges behind are under way meanwhile, once somebody wants more than the first. */
  async *#ranges(start: number, end: number, isLent = false): AsyncGenerator<Buffer> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#closed.signal, stop.signal]);
    const memory = isLent ? memoryRing() : undefined;
    const underWay: Promise<Buffer>[] = [];
    let offset = start;
    const begin = (most: number): void => {
      const length = Math.min(most, end - offset);
      const range = this.#store.read(this.#facts, offset, length, signal, memory?.(length));
      // The one that comes before it may fail as well, and is the one that is told of.
      range.catch(() => undefined);
      underWay.push(range);
      offset += length;
    };
    try {
      if (start < end) begin(FIRST_BYTES);
      for (let range = await underWay.shift(); range; range = await underWay.shift()) {
        yield range;
        while (underWay.length < RANGES_AHEAD && offset < end) begin(RANGE_BYTES);
      }
    } finally {
      stop.abort();
    }
  }
}

/** A range is overwritten when the second one after it is worked on: the last chunk of the one before still counts. */
function memoryRing(): (length: number) => Buffer {
  const ring: Buffer[] = [];
  let turn = 0;
  return (length) => {
    const at = turn++ % (RANGES_AHEAD + 1);
    const known = ring[at];
    if (known && known.length >= length) return known;
    const fresh = Buffer.allocUnsafeSlow(length);
    ring[at] = fresh;
    return fresh;
  };
}
