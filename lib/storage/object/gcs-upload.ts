import { createHash } from "node:crypto";
import type { FileMetadata } from "@google-cloud/storage";
import type { GcsBucket } from "./gcs-bucket.ts";
import { GcsSession } from "./gcs-session.ts";
import type { StagedObject, StagedRef } from "./object-store.ts";
import { RUN_ID } from "./run-object.ts";

/** What is kept to be sent once more. An object that is not larger goes in one request. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** An object under a key of the run's own, which it has until it is copied to its final one. */
export class GcsUpload implements StagedObject {
  readonly #bucket: GcsBucket;
  readonly #key: string;
  readonly #staged: string;
  readonly #runId: string;
  readonly #signal: AbortSignal | undefined;
  /** The client's own sum, a CRC in JavaScript, takes longer than the sending. */
  readonly #md5 = createHash("md5");
  /** One is filled while the other is sent. */
  #chunk = Buffer.alloc(0);
  #other = Buffer.alloc(0);
  #filled = 0;
  #session: GcsSession | undefined;
  #underWay: Promise<FileMetadata | undefined> = Promise.resolve(undefined);
  #sizeBytes = 0;

  constructor(bucket: GcsBucket, key: string, staged: string, runId: string, signal: AbortSignal | undefined) {
    this.#bucket = bucket;
    this.#key = key;
    this.#staged = staged;
    this.#runId = runId;
    this.#signal = signal;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#signal?.throwIfAborted();
    this.#sizeBytes += bytes.length;
    this.#md5.update(bytes);
    for (let at = 0; at < bytes.length; ) {
      // The last chunk is known by what does not come after it.
      if (this.#filled === CHUNK_BYTES) await this.#send(false);
      if (this.#chunk.length === 0) this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const taken = bytes.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#chunk.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
    }
  }

  async seal(): Promise<StagedRef> {
    this.#signal?.throwIfAborted();
    if (this.#session) await this.#send(true);
    const object = this.#session ? await this.#underWay : await this.#save();
    this.#signal?.throwIfAborted();
    const { generation, size, md5Hash } = object ?? {};
    if (Number(size) !== this.#sizeBytes || (md5Hash ?? "") !== this.#md5.digest("base64")) {
      const error = new Error(`the store has other bytes than the ${this.#sizeBytes} that it was sent`);
      throw await this.#bucket.failed(error, "write", this.#key);
    }
    return { key: this.#key, sizeBytes: this.#sizeBytes, upload: `${generation}:${this.#staged}` };
  }

  async discard(): Promise<void> {
    await this.#underWay.catch(() => undefined);
    await removeFile(this.#bucket, this.#staged);
  }

  async #save(): Promise<FileMetadata> {
    const file = this.#bucket.file(this.#staged);
    const options = { resumable: false, validation: false, metadata: { metadata: { [RUN_ID]: this.#runId } } };
    await this.#attempt(() => file.save(this.#chunk.subarray(0, this.#filled), options));
    return file.metadata;
  }

  /** Returns when the chunk is under way, and the one before it has come. */
  async #send(isLast: boolean): Promise<void> {
    await this.#underWay;
    this.#session ??= await this.#attempt(() =>
      GcsSession.begin(this.#bucket, this.#staged, this.#runId, this.#signal),
    );
    const session = this.#session;
    const chunk = this.#chunk.subarray(0, this.#filled);
    [this.#chunk, this.#other] = [this.#other, this.#chunk];
    this.#filled = 0;
    this.#underWay = this.#attempt(() => session.send(chunk, isLast));
    // Whoever waits for it is told.
    this.#underWay.catch(() => undefined);
  }

  #attempt<T>(call: () => Promise<T>): Promise<T> {
    return this.#bucket.attempt("write", this.#key, call, this.#signal);
  }
}

/** One that is not there is none to remove. */
export async function removeFile(bucket: GcsBucket, key: string): Promise<void> {
  await bucket.attempt("write", key, () => bucket.file(key).delete({ ignoreNotFound: true }));
}
