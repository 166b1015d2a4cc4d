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
  /** The next part, of which so many bytes are filled. */
  #part = Buffer.alloc(0);
  #filled = 0;
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
    this.#sizeBytes += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      if (this.#part.length === 0) this.#part = Buffer.allocUnsafeSlow(partBytesAfter(this.#parts.length));
      const taken = bytes.subarray(at, at + this.#part.length - this.#filled);
      this.#part.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === this.#part.length) await this.#send();
    }
  }

  async seal(): Promise<StagedRef> {
    // An upload has at least one part.
    if (this.#filled > 0 || this.#parts.length === 0) await this.#send();
    const parts = await Promise.all(this.#parts);
    return { key: this.#upload.key, sizeBytes: this.#sizeBytes, upload: this.#upload.id, parts };
  }

  async discard(): Promise<void> {
    this.#stop.abort();
    // A part that arrives after the end of its upload could stay for ever.
    await Promise.allSettled(this.#parts);
    await abortUpload(this.#bucket, this.#upload);
  }

  /** Returns when the part is under way: while there are as many as may be, what comes next has to wait. */
  async #send(): Promise<void> {
    const body = this.#part.subarray(0, this.#filled);
    this.#part = Buffer.alloc(0);
    this.#filled = 0;
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
