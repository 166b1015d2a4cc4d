import type { ListMultipartUploadsCommandOutput, ListMultipartUploadsRequest } from "@aws-sdk/client-s3";
import { memoryFor } from "./fill-memory.ts";
import type { ObjectFacts, ObjectStore, PutCondition, StagedObject, StagedRef, StagingRun } from "./object-store.ts";
import { isPublished } from "./run-object.ts";
import { S3Bucket, stoppedBy } from "./s3-bucket.ts";
import { copyObject } from "./s3-copy.ts";
import { nameOf, statusOf } from "./s3-errors.ts";
import { factsOf, quoted, unquoted } from "./s3-facts.ts";
import { abortUpload, beginUpload, completeUpload, isUnderWay, throughConflicts } from "./s3-multipart.ts";
import { readInto, readWhole } from "./s3-read.ts";
import { S3Upload } from "./s3-upload.ts";
import { noSuchObject } from "./store-error.ts";
import type { S3Settings } from "./store-settings.ts";

/**
 * A bucket of S3, or of a store that speaks as S3 does. What a run stages is an upload in parts of the final key: nobody sees
 * it before it is completed.
 */
export class S3Store implements ObjectStore {
  readonly #bucket: S3Bucket;

  private constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  static async open(settings: S3Settings): Promise<S3Store> {
    return new S3Store(await S3Bucket.open(settings));
  }

  get uri(): string {
    return this.#bucket.uri;
  }

  async head(key: string): Promise<ObjectFacts | undefined> {
    const reply = await this.#bucket.ifThere(key, () => this.#bucket.client.headObject(this.#bucket.at(key)));
    return reply && factsOf(key, reply.ContentLength ?? 0, reply);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectFacts> {
    const { client, name } = this.#bucket;
    let ContinuationToken: string | undefined;
    do {
      const call = { Bucket: name, Prefix: prefix, EncodingType: "url", ContinuationToken } as const;
      const page = await this.#bucket.attempt(
        "read",
        prefix,
        () => client.listObjectsV2(call, stoppedBy(signal)),
        signal,
      );
      for (const found of page.Contents ?? []) {
        yield factsOf(decodedKey(found.Key ?? "", page.EncodingType), found.Size ?? 0, found);
      }
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  async read(
    object: ObjectFacts,
    offset: number,
    length: number,
    signal?: AbortSignal,
    memory?: Buffer,
  ): Promise<Buffer> {
    const bytes = memoryFor(object, offset, length, memory);
    await readInto(this.#bucket, object, offset, bytes, signal);
    return bytes;
  }

  get(key: string): Promise<{ readonly bytes: Buffer; readonly version: string } | undefined> {
    return readWhole(this.#bucket, key);
  }

  async put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | undefined> {
    const call = { ...this.#bucket.at(key), Body: bytes, ...headersOf(condition) };
    try {
      const { ETag } = await throughConflicts(() => this.#bucket.client.putObject(call));
      return unquoted(ETag);
    } catch (error) {
      // Of an object that is gone, Amazon says that it is not found.
      const isUnmet = statusOf(error) === 412 || (nameOf(error) === "NoSuchKey" && condition !== undefined);
      if (isUnmet) return undefined;
      throw this.#bucket.failed(error, "write", key);
    }
  }

  async remove(key: string): Promise<void> {
    await this.#bucket.attempt("write", key, () => this.#bucket.client.deleteObject(this.#bucket.at(key)));
  }

  async copyIfAbsent(from: string, to: string): Promise<boolean> {
    const source = await this.head(from);
    if (!source) throw noSuchObject(`${this.uri}/${from}`);
    return copyObject(this.#bucket, source, to);
  }

  async stage(key: string, { runId }: StagingRun, signal?: AbortSignal): Promise<StagedObject> {
    return new S3Upload(this.#bucket, await beginUpload(this.#bucket, key, runId, signal), signal);
  }

  /** The reply to the completion can be lost: then the upload is gone, and the object tells whose it is. */
  async publish(staged: StagedRef, run: StagingRun): Promise<boolean> {
    const { key, upload, parts = [] } = staged;
    return (await completeUpload(this.#bucket, { key, id: upload }, parts)) === "done" || this.#isThere(staged, run);
  }

  async holds(staged: StagedRef, run: StagingRun): Promise<boolean> {
    const { key, upload } = staged;
    return (await isUnderWay(this.#bucket, { key, id: upload })) || this.#isThere(staged, run);
  }

  discard({ key, upload }: StagedRef): Promise<void> {
    return abortUpload(this.#bucket, { key, id: upload });
  }

  async discardAll(prefix: string, { runId }: StagingRun): Promise<number> {
    let count = 0;
    for await (const upload of this.#uploads()) {
      if (!upload.key.startsWith(prefix) || !upload.key.includes(runId, prefix.length)) continue;
      await abortUpload(this.#bucket, upload);
      count++;
    }
    return count;
  }

  async #isThere(staged: StagedRef, run: StagingRun): Promise<boolean> {
    return isPublished(await this.head(staged.key), staged, run);
  }

  /** All of the bucket: asked for those of a prefix, MinIO says that there are none. */
  async *#uploads(): AsyncGenerator<{ readonly key: string; readonly id: string }> {
    const { client, name } = this.#bucket;
    let after: Pick<ListMultipartUploadsRequest, "KeyMarker" | "UploadIdMarker"> | undefined = {};
    while (after) {
      const call: ListMultipartUploadsRequest = { Bucket: name, EncodingType: "url", ...after };
      const page: ListMultipartUploadsCommandOutput = await this.#bucket.attempt("read", "", () =>
        client.listMultipartUploads(call),
      );
      for (const { Key = "", UploadId = "" } of page.Uploads ?? []) {
        yield { key: decodedKey(Key, page.EncodingType), id: UploadId };
      }
      after = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
    }
  }
}

function headersOf(condition: PutCondition | undefined): { readonly IfNoneMatch?: string; readonly IfMatch?: string } {
  if (!condition) return {};
  return "ifAbsent" in condition ? { IfNoneMatch: "*" } : { IfMatch: quoted(condition.ifVersion) };
}

/** XML cannot hold every character that a key can. A store that does not encode them says so by silence. */
function decodedKey(key: string, encoding: string | undefined): string {
  return encoding === "url" ? decodeURIComponent(key.replaceAll("+", " ")) : key;
}
