import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { fillMemory, memoryFor } from "./fill-memory.ts";
import { GcsBucket } from "./gcs-bucket.ts";
import { statusOf } from "./gcs-errors.ts";
import { factsOf } from "./gcs-facts.ts";
import { GcsUpload, removeFile } from "./gcs-upload.ts";
import type { ObjectFacts, ObjectStore, PutCondition, StagedObject, StagedRef, StagingRun } from "./object-store.ts";
import { isPublished } from "./run-object.ts";
import { changedObject, noSuchObject } from "./store-error.ts";
import type { GcsSettings } from "./store-settings.ts";

/**
 * A bucket of Google's. What a run stages is an object below the run's own prefix; the store copies it to its final key,
 * under the condition that there is nothing.
 */
export class GcsStore implements ObjectStore {
  readonly #bucket: GcsBucket;

  private constructor(bucket: GcsBucket) {
    this.#bucket = bucket;
  }

  static async open(settings: GcsSettings, replyMs?: number): Promise<GcsStore> {
    return new GcsStore(await GcsBucket.open(settings, replyMs));
  }

  get uri(): string {
    return this.#bucket.uri;
  }

  async head(key: string): Promise<ObjectFacts | undefined> {
    const reply = await this.#bucket.ifThere(key, () => this.#bucket.file(key).getMetadata());
    return reply && factsOf(reply[0]);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectFacts> {
    let query: object | null = { prefix, autoPaginate: false, maxResults: 1000 };
    while (query) {
      signal?.throwIfAborted();
      const page: object = query;
      const [files, next] = await this.#bucket.attempt("read", prefix, () => this.#bucket.client.getFiles(page));
      for (const { metadata } of files) yield factsOf(metadata);
      query = next as object | null;
    }
  }

  async read(
    object: ObjectFacts,
    offset: number,
    length: number,
    signal?: AbortSignal,
    memory?: Buffer,
  ): Promise<Buffer> {
    const bytes = memoryFor(object, offset, length, memory);
    const file = this.#bucket.file(object.key, object.version);
    const ask = async (from: number): Promise<AsyncIterable<Uint8Array>> => {
      signal?.throwIfAborted();
      const range = { start: offset + from, end: offset + bytes.length - 1 };
      const body = file.createReadStream({ ...range, validation: false, decompress: false });
      signal?.addEventListener("abort", () => body.destroy(), { once: true });
      return watched(body, this.#bucket.replyMs);
    };
    try {
      await fillMemory(bytes, ask, (error) => statusOf(error) !== undefined || signal?.aborted === true);
    } catch (error) {
      if (statusOf(error) === 404) throw changedObject(`${this.uri}/${object.key}`);
      throw await this.#bucket.failed(error, "read", object.key, signal);
    }
    return bytes;
  }

  async get(key: string): Promise<{ readonly bytes: Buffer; readonly version: string } | undefined> {
    const facts = await this.head(key);
    return facts && { bytes: await this.read(facts, 0, facts.sizeBytes), version: facts.version };
  }

  async put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | undefined> {
    const file = this.#bucket.file(key);
    const options = { resumable: false, validation: "crc32c", preconditionOpts: preconditionOf(condition) } as const;
    try {
      await file.save(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), options);
      return String(file.metadata.generation);
    } catch (error) {
      if (statusOf(error) === 412) return undefined;
      throw await this.#bucket.failed(error, "write", key);
    }
  }

  remove(key: string): Promise<void> {
    return removeFile(this.#bucket, key);
  }

  async copyIfAbsent(from: string, to: string): Promise<boolean> {
    if (await this.head(to)) return false;
    const copied = await this.#copy(from, undefined, to);
    if (copied === "gone") throw noSuchObject(`${this.uri}/${from}`);
    return copied === "done";
  }

  async stage(key: string, { runId, scratch }: StagingRun, signal?: AbortSignal): Promise<StagedObject> {
    return new GcsUpload(this.#bucket, key, `${scratch}${randomUUID()}`, runId, signal);
  }

  /**
   * The reply to a copy can be lost: the object tells whose it is. It is looked for first, too, since emulators copy over
   * whatever is there.
   */
  async publish(ref: StagedRef, run: StagingRun): Promise<boolean> {
    const { generation, staged } = stagedOf(ref.upload);
    const before = await this.head(ref.key);
    if (before || (await this.#copy(staged, generation, ref.key)) !== "done") {
      if (!isPublished(before ?? (await this.head(ref.key)), ref, run)) return false;
    }
    await removeFile(this.#bucket, staged);
    return true;
  }

  async holds(ref: StagedRef, run: StagingRun): Promise<boolean> {
    const { generation, staged } = stagedOf(ref.upload);
    return (await this.head(staged))?.version === generation || isPublished(await this.head(ref.key), ref, run);
  }

  discard({ upload }: StagedRef): Promise<void> {
    return removeFile(this.#bucket, stagedOf(upload).staged);
  }

  /** All of it lies below the prefix of the run, whatever its final key is to be. */
  async discardAll(_prefix: string, { scratch }: StagingRun): Promise<number> {
    let count = 0;
    for await (const { key } of this.list(scratch)) {
      await removeFile(this.#bucket, key);
      count++;
    }
    return count;
  }

  async #copy(from: string, generation: string | undefined, to: string): Promise<"done" | "taken" | "gone"> {
    const [source, target] = [this.#bucket.file(from, generation), this.#bucket.file(to)];
    const copied = await this.#bucket.ifThere(to, async () => {
      try {
        await source.copy(target, { preconditionOpts: ABSENT });
        return "done";
      } catch (error) {
        if (statusOf(error) === 412) return "taken";
        throw error;
      }
    });
    return copied ?? "gone";
  }
}

/** Ends a reply that says nothing any more. */
async function* watched(body: Readable, idleMs: number): AsyncGenerator<Uint8Array> {
  const timer = setTimeout(
    () => body.destroy(Object.assign(new Error("the reply broke off"), { code: "ETIMEDOUT" })),
    idleMs,
  );
  try {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}

const ABSENT = { ifGenerationMatch: 0 };

function preconditionOf(condition: PutCondition | undefined): { readonly ifGenerationMatch?: number | string } {
  if (!condition) return {};
  return "ifAbsent" in condition ? ABSENT : { ifGenerationMatch: condition.ifVersion };
}

function stagedOf(upload: string): { readonly generation: string; readonly staged: string } {
  const at = upload.indexOf(":");
  return { generation: upload.slice(0, at), staged: upload.slice(at + 1) };
}
