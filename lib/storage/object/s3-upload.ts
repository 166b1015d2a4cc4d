import type { StagedObject, StagedRef } from "./object-store.ts";
import type { S3Bucket } from "./s3-bucket.ts";
import { unquoted } from "./s3-facts.ts";
import { abortUpload, type Upload } from "./s3-multipart.ts";

const PART_BYTES = 8 * 1024 * 1024;

/** S3 takes ten times as many parts of an object, and objects of 5 TiB. */
const PARTS_OF_A_SIZE = 1000;

/** How large the part is that comes after so many: whenever there are many of a size, the next are twice as large. */
export function partBytesAfter(parts: number): number {
  return PART_BYTES * 2 ** Math.floor(parts / PARTS_OF_A_SIZE);
}

/** The bytes of an upload, sent in parts as they come. */
export class S3Upload implements StagedObject {
  readonly #bucket: S3Bucket;
  readonly #upload: Upload;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #parts: Promise<string>[] = [];
  #chunks: Uint8Array[] = [];
  /** Of what is in no part yet. */
  #chunkBytes = 0;
  #sizeBytes = 0;
  #failure: unknown;

  constructor(bucket: S3Bucket, upload: Upload, signal: AbortSignal | undefined) {
    this.#bucket = bucket;
    this.#upload = upload;
    this.#signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes);
    this.#chunkBytes += bytes.length;
    this.#sizeBytes += bytes.length;
    for (let length = this.#partBytes(); this.#chunkBytes >= length; length = this.#partBytes()) {
      await this.#send(this.#take(length));
    }
  }

  async seal(): Promise<StagedRef> {
    // An upload has at least one part.
    if (this.#chunkBytes > 0 || this.#parts.length === 0) await this.#send(this.#take(this.#chunkBytes));
    const parts = await Promise.all(this.#parts);
    return { key: this.#upload.key, sizeBytes: this.#sizeBytes, upload: this.#upload.id, parts };
  }

  async discard(): Promise<void> {
    this.#stop.abort();
    // A part that arrives after the end of its upload could stay for ever.
    await Promise.allSettled(this.#parts);
    await abortUpload(this.#bucket, this.#upload);
  }

  #partBytes(): number {
    return partBytesAfter(this.#parts.length);
  }

  /** The first bytes that are in no part yet. Of whole chunks nothing is left behind. */
  #take(length: number): Buffer {
    const taken = Buffer.concat(this.#chunks, length);
    const rest = this.#chunkBytes - length;
    const last = this.#chunks.at(-1);
    this.#chunks = rest > 0 && last ? [last.subarray(last.length - rest)] : [];
    this.#chunkBytes = rest;
    return taken;
  }

  /** Returns when the part is under way: while there are as many as may be, what comes next has to wait. */
  async #send(body: Buffer): Promise<void> {
    await this.#bucket.slots.take();
    const part = this.#sendPart(this.#parts.length + 1, body).finally(() => this.#bucket.slots.give());
    part.catch((error: unknown) => this.#fail(error));
    this.#parts.push(part);
  }

  async #sendPart(PartNumber: number, Body: Buffer): Promise<string> {
    if (this.#failure !== undefined) throw this.#failure;
    const { key, id } = this.#upload;
    const part = { ...this.#bucket.at(key), UploadId: id, PartNumber, Body };
    const send = () => this.#bucket.client.uploadPart(part, { abortSignal: this.#signal });
    const { ETag } = await this.#bucket.attempt("write", key, send, this.#signal);
    return unquoted(ETag);
  }

  /** What is wrong with one part is wrong with the whole. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#stop.abort(error);
  }
}
