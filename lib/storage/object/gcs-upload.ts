import { once } from "node:events";
import type { Writable } from "node:stream";
import type { GcsBucket } from "./gcs-bucket.ts";
import type { StagedObject, StagedRef } from "./object-store.ts";
import { RUN_ID } from "./run-object.ts";

/** What is kept to be sent once more. An object that is smaller goes in one request. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** An object under a key of the run's own, which it has until it is copied to its final one. */
export class GcsUpload implements StagedObject {
  readonly #bucket: GcsBucket;
  readonly #key: string;
  readonly #staged: string;
  readonly #file: ReturnType<GcsBucket["file"]>;
  readonly #metadata: { readonly metadata: Record<string, string> };
  readonly #signal: AbortSignal | undefined;
  #head: Uint8Array[] = [];
  #stream: Writable | undefined;
  #closed: Promise<unknown> = Promise.resolve();
  #sizeBytes = 0;
  #failure: unknown;

  constructor(bucket: GcsBucket, key: string, staged: string, runId: string, signal: AbortSignal | undefined) {
    this.#bucket = bucket;
    this.#key = key;
    this.#staged = staged;
    this.#signal = signal;
    this.#file = bucket.file(staged);
    this.#metadata = { metadata: { [RUN_ID]: runId } };
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#check();
    this.#sizeBytes += bytes.length;
    const own = Buffer.from(bytes);
    if (this.#stream) return this.#send(this.#stream, own);
    this.#head.push(own);
    if (this.#sizeBytes <= CHUNK_BYTES) return;
    this.#stream = this.#begin();
    for (const chunk of this.#head) await this.#send(this.#stream, chunk);
    this.#head = [];
  }

  async seal(): Promise<StagedRef> {
    await this.#check();
    if (this.#stream) {
      this.#stream.end();
      await this.#closed;
    } else {
      const save = () =>
        this.#file.save(Buffer.concat(this.#head), {
          resumable: false,
          validation: "crc32c",
          metadata: this.#metadata,
        });
      await this.#bucket.attempt("write", this.#key, save);
    }
    await this.#check();
    const { generation, size } = this.#file.metadata;
    if (Number(size) !== this.#sizeBytes) {
      const error = new Error(`the store has ${size} bytes of ${this.#sizeBytes}`);
      throw await this.#bucket.failed(error, "write", this.#key);
    }
    return { key: this.#key, sizeBytes: this.#sizeBytes, upload: `${generation}:${this.#staged}` };
  }

  async discard(): Promise<void> {
    this.#stream?.destroy();
    await this.#closed;
    await removeFile(this.#bucket, this.#staged);
  }

  #begin(): Writable {
    const stream: Writable = this.#file.createWriteStream({
      resumable: true,
      chunkSize: CHUNK_BYTES,
      validation: "crc32c",
      metadata: this.#metadata,
    });
    stream.on("error", (error) => {
      this.#failure ??= error;
    });
    this.#closed = new Promise((resolve) => stream.once("close", resolve));
    this.#signal?.addEventListener("abort", () => stream.destroy(), { once: true });
    return stream;
  }

  async #send(stream: Writable, bytes: Uint8Array): Promise<void> {
    if (stream.write(bytes)) return;
    await Promise.race([once(stream, "drain").catch(() => undefined), this.#closed]);
    await this.#check();
  }

  async #check(): Promise<void> {
    if (this.#signal?.aborted) throw this.#signal.reason;
    if (this.#failure !== undefined) throw await this.#bucket.failed(this.#failure, "write", this.#key, this.#signal);
  }
}

/** One that is not there is none to remove. */
export async function removeFile(bucket: GcsBucket, key: string): Promise<void> {
  await bucket.attempt("write", key, () => bucket.file(key).delete({ ignoreNotFound: true }));
}
