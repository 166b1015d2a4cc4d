import type { Storage } from "../../contract/storage.ts";
import { reach } from "../../storage/fail-point.ts";
import type { ObjectStore, StagedRef, StagingRun } from "../../storage/object/object-store.ts";
import type { FileTarget, RunStaging } from "../books.ts";
import { nameTaken } from "../decision.ts";
import { inParallel } from "../in-parallel.ts";
import type { CommitRecord, PublishedFile } from "../record.ts";
import type { BucketKeys } from "./bucket-keys.ts";
import { BucketStaging } from "./bucket-staging.ts";

/** Each is a wait of tens of milliseconds and next to no work. */
export const REQUESTS_AT_ONCE = 8;

type BucketFile = PublishedFile & { readonly upload: StagedRef };

/** A prefix of a bucket. Each object appears by itself, when its upload is completed. */
export class BucketTarget implements FileTarget {
  readonly uri: string;
  readonly #store: ObjectStore;
  readonly #keys: BucketKeys;

  constructor(store: ObjectStore, keys: BucketKeys) {
    this.#store = store;
    this.#keys = keys;
    this.uri = `${store.uri}/${keys.prefix}`.replace(/\/$/, "");
  }

  /** A bucket is for its owner to make; one that is not there is found out by the first request. */
  async open(): Promise<void> {}

  openStaging(runId: string, folder: string, source: Storage): RunStaging {
    return new BucketStaging(this.#store, this.#keys, runId, folder, source);
  }

  async publish(record: CommitRecord): Promise<void> {
    const run = this.#keys.run(record.runId);
    await reach("K14");
    const [first, ...others] = uploadsOf(record);
    if (first) await this.#name(first, run);
    await reach("K33");
    await reach("K15");
    await inParallel(others, REQUESTS_AT_ONCE, (file) => this.#name(file, run));
    await reach("K16");
  }

  /** What is no longer the object that the run made is left alone. */
  async unpublish(record: CommitRecord): Promise<void> {
    const files = uploadsOf(record);
    for (const [index, { path, upload }] of files.entries()) {
      const key = this.#keys.prefix + path;
      if ((await this.#store.head(key))?.runId === record.runId) await this.#store.remove(key);
      await this.#store.discard(upload);
      if (index === 0) await reach("K36");
    }
  }

  async moveReplaced({ runId, replaces }: CommitRecord): Promise<void> {
    await inParallel(replaces, REQUESTS_AT_ONCE, async (path) => {
      const key = this.#keys.prefix + path;
      if (!(await this.#store.head(key))) return;
      await this.#store.copyIfAbsent(key, this.#keys.old(runId, path));
      await this.#store.remove(key);
    });
  }

  async isWhole(record: CommitRecord): Promise<boolean> {
    const run = this.#keys.run(record.runId);
    const held = await inParallel(uploadsOf(record), REQUESTS_AT_ONCE, ({ upload }) => this.#store.holds(upload, run));
    return held.every(Boolean);
  }

  async sizeOf(path: string): Promise<number | undefined> {
    return (await this.#store.head(this.#keys.prefix + path))?.sizeBytes;
  }

  async #name({ path, upload }: BucketFile, run: StagingRun): Promise<void> {
    if (!(await this.#store.publish(upload, run))) throw nameTaken(`${this.#store.uri}/${this.#keys.prefix}${path}`);
  }
}

function uploadsOf({ files }: CommitRecord): BucketFile[] {
  return files.filter((file): file is BucketFile => file.upload !== undefined);
}
