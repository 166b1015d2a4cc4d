import { rm } from "node:fs/promises";
import { relative } from "node:path";
import { checksumsIn } from "../../contract/checksums.ts";
import { encodeName, type Partition, STAGED_SUFFIX } from "../../contract/file-name.ts";
import type { FileMetadata } from "../../contract/results.ts";
import { createSha256 } from "../../contract/sha256.ts";
import type { SourceFile, StagedFile, Storage, StoredFile } from "../../contract/storage.ts";
import { reach } from "../../storage/fail-point.ts";
import type { ObjectStore, StagedObject, StagedRef, StagingRun } from "../../storage/object/object-store.ts";
import type { RunStaging } from "../books.ts";
import { describeAllStaged, StagingStorage } from "../folder/folder-staging.ts";
import { publishedName } from "../places.ts";
import type { PublishedFile } from "../record.ts";
import type { BucketKeys } from "./bucket-keys.ts";
import { GrowingUploads } from "./growing-uploads.ts";
import { type Uploaded, uploadFile } from "./upload-file.ts";

/** Small ones, most of the time: of a large one, parts are sent side by side. */
const FILES_AT_ONCE = 4;

/** What a run stages in a bucket: objects that nobody sees. What its writer makes as local files follows at the end. */
export class BucketStaging implements RunStaging {
  readonly storage: Storage;
  readonly #store: ObjectStore;
  readonly #keys: BucketKeys;
  readonly #run: StagingRun;
  readonly #folder: string;
  /** By what the writer knows them by. */
  readonly #sealed = new Map<string, SealedObject>();
  readonly #growing: GrowingUploads;
  readonly #local: Storage;

  constructor(store: ObjectStore, keys: BucketKeys, runId: string, folder: string, source: Storage) {
    this.#store = store;
    this.#keys = keys;
    this.#run = keys.run(runId);
    this.#folder = folder;
    this.#local = new StagingStorage(folder, source);
    this.#growing = new GrowingUploads(folder, (name) => {
      const key = keys.prefix + publishedName(name.slice(0, -STAGED_SUFFIX.length), runId);
      return store.stage(key, this.#run);
    });
    this.storage = {
      find: (pattern: string): Promise<StoredFile[]> => source.find(pattern),
      open: (path: string): Promise<SourceFile> => source.open(path),
      create: (name, folders) => this.#create(name, folders),
    };
  }

  async describe(files: readonly FileMetadata[], publishedAs: (staged: string) => string): Promise<PublishedFile[]> {
    const objects = files.flatMap((file) => {
      const sealed = this.#sealed.get(file.path);
      return sealed ? [{ ...describeObject(file, sealed), path: publishedAs(sealed.name) }] : [];
    });
    const local = files.filter(({ path }) => !this.#sealed.has(path));
    const uploads = new Map<string, StagedRef>();
    const keep = async (staged: string, path: string, known: string | undefined): Promise<string> => {
      const { upload, sha256 } = await this.#upload(staged, path, known);
      uploads.set(path, upload);
      await rm(staged);
      return sha256;
    };
    const described = await describeAllStaged(this.#folder, local, publishedAs, { keep, atOnce: FILES_AT_ONCE });
    await this.#growing.discard();
    return [...objects, ...described.map((file) => ({ ...file, upload: uploads.get(file.path) }))];
  }

  /** The store answers when it has the bytes. */
  async sync(): Promise<void> {}

  advance(): Promise<void> {
    return this.#growing.advance();
  }

  /** What of it was sent while it grew is not sent again, where its writer knows what it has written. */
  async #upload(staged: string, path: string, sha256: string | undefined): Promise<Uploaded> {
    if (sha256 !== undefined) {
      const upload = await this.#growing.finish(relative(this.#folder, staged));
      if (upload) return { upload, sha256 };
    }
    return uploadFile(this.#store, staged, this.#keys.prefix + path, this.#run);
  }

  /** Any number of partitions may be open: a part of an upload for each would be more memory than there is. */
  async #create(name: string, folders: readonly (string | Partition)[] = []): Promise<StagedFile> {
    if (folders.length > 0) return this.#local.create(name, folders);
    const staged = encodeName(name);
    const key = this.#keys.prefix + publishedName(staged, this.#run.runId);
    const object = await this.#store.stage(key, this.#run);
    await reach("K05");
    await reach("K30");
    const path = `${this.#store.uri}/${key}`;
    return new StagedUpload(path, object, (sealed) => this.#sealed.set(path, { ...sealed, name: staged }));
  }
}

interface SealedObject {
  readonly upload: StagedRef;
  readonly sha256: string;
  /** What it is published under, less the run's id. */
  readonly name: string;
}

function describeObject(file: FileMetadata, { upload, sha256, name }: SealedObject): Omit<PublishedFile, "path"> {
  return {
    staged: name,
    sizeBytes: upload.sizeBytes,
    sha256,
    rows: file.recordCount,
    checksums: checksumsIn(file),
    upload,
  };
}

class StagedUpload implements StagedFile {
  readonly path: string;
  readonly #object: StagedObject;
  readonly #onSealed: (sealed: { upload: StagedRef; sha256: string }) => void;
  readonly #hash = createSha256();

  constructor(path: string, object: StagedObject, onSealed: (sealed: { upload: StagedRef; sha256: string }) => void) {
    this.path = path;
    this.#object = object;
    this.#onSealed = onSealed;
  }

  get sizeBytes(): number {
    return this.#object.sizeBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await this.#object.write(bytes);
  }

  async seal(): Promise<{ sizeBytes: number; sha256: string }> {
    await reach("K07");
    const upload = await this.#object.seal();
    await reach("K32");
    const sha256 = this.#hash.digest("hex");
    this.#onSealed({ upload, sha256 });
    return { sizeBytes: upload.sizeBytes, sha256 };
  }

  discard(): Promise<void> {
    return this.#object.discard();
  }
}
