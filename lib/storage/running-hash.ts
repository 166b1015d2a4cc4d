import type { ContentHash } from "../contract/storage.ts";
import { hashInWebAssembly } from "./content-hash.ts";

/** The hash of a file's stored bytes, which follows whoever reads them in order, and catches up when it is asked for. */
export class RunningHash {
  readonly #between: (start: number, end: number) => AsyncIterable<Uint8Array>;
  #hash: Promise<ContentHash> | undefined;
  #hashed = 0;

  /** `between` gives stored bytes that nobody has read; fewer where the file has become shorter. */
  constructor(between: (start: number, end: number) => AsyncIterable<Uint8Array>) {
    this.#between = between;
  }

  /** Says what it is made by, unless it has begun. */
  begin(makeHash: () => ContentHash): void {
    this.#hash ??= Promise.resolve(makeHash());
  }

  /** Bytes that were read from `offset` on: counted are those that come next. */
  async note(bytes: Uint8Array, offset: number): Promise<void> {
    const isNext = offset <= this.#hashed && offset + bytes.length > this.#hashed;
    if (isNext) await this.#absorb(bytes.subarray(this.#hashed - offset));
  }

  async digest(upTo: number): Promise<string> {
    if (this.#hashed > upTo) return this.#digestAnew(upTo);
    for await (const bytes of this.#between(this.#hashed, upTo)) await this.#absorb(bytes);
    return (await this.#hasher()).digest();
  }

  async soFar(): Promise<{ readonly readBytes: number; readonly xxh128: string }> {
    const hash = await this.#hasher();
    return { readBytes: this.#hashed, xxh128: hash.digest() };
  }

  async close(): Promise<void> {
    (await this.#hash)?.close();
  }

  /** The hash has gone past the place, and does not go back. */
  async #digestAnew(upTo: number): Promise<string> {
    const hash = await hashInWebAssembly();
    for await (const bytes of this.#between(0, upTo)) hash.update(bytes);
    return hash.digest();
  }

  async #absorb(bytes: Uint8Array): Promise<void> {
    (await this.#hasher()).update(bytes);
    this.#hashed += bytes.length;
  }

  /** Made when there is something to hash: not every file that is opened is read. */
  #hasher(): Promise<ContentHash> {
    this.#hash ??= hashInWebAssembly();
    return this.#hash;
  }
}
