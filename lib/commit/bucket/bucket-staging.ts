import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checksumsIn } from "../../contract/checksums.ts";
import { encodeName, encodePartition, type Partition } from "../../contract/file-name.ts";
import type { FileMetadata } from "../../contract/results.ts";
import { createSha256 } from "../../contract/sha256.ts";
import type { SourceFile, StagedFile, Storage, StoredFile } from "../../contract/storage.ts";
import { reach } from "../../storage/fail-point.ts";
import type { ObjectStore, StagedObject, StagedRef, StagingRun } from "../../storage/object/object-store.ts";
import type { RunStaging } from "../books.ts";
import { describeAllStaged } from "../folder/folder-staging.ts";
import { publishedName } from "../places.ts";
import type { PublishedFile } from "../record.ts";
import type { BucketKeys } from "./bucket-keys.ts";
import { uploadFile } from "./upload-file.ts";

/** What a run stages in a bucket: objects that nobody sees. What its writer makes as local files follows at the end. */
export class BucketStaging implements RunStaging {
  readonly storage: Storage;
  readonly #store: ObjectStore;
  readonly #keys: BucketKeys;
  readonly #run: StagingRun;
  readonly #folder: string;
  /** By what the writer knows them by. */
  readonly #sealed = new Map<string, SealedObject>();

  constructor(store: ObjectStore, keys: BucketKeys, runId: string, folder: string, source: Storage) {
    this.#store = store;
    this.#keys = keys;
    this.#run = { runId, scratch: keys.staging(runId) };
    this.#folder = folder;
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
    const described = await describeAllStaged(this.#folder, local, publishedAs, async (staged, path) => {
      const { upload, sha256 } = await uploadFile(this.#store, staged, this.#keys.prefix + path, this.#run);
      uploads.set(path, upload);
      await rm(staged);
      return sha256;
    });
    return [...objects, ...described.map((file) => ({ ...file, upload: uploads.get(file.path) }))];
  }

  /** The store answers when it has the bytes. */
  async sync(): Promise<void> {}

  async #create(name: string, folders: readonly (string | Partition)[] = []): Promise<StagedFile> {
    const names = folders.map((folder) => (typeof folder === "string" ? encodeName(folder) : encodePartition(folder)));
    const staged = join(...names, encodeName(name));
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
    // An encoder uses its memory again, and a part is sent when it is full.
    await this.#object.write(Buffer.copyBytesFrom(bytes));
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
