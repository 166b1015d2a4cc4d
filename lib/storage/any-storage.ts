import type { ReadStorage, SourceFile, StagedFile, Storage, StoredFile } from "../contract/storage.ts";
import { LocalStorage, type ReadObserver } from "./local.ts";
import { isObjectUri } from "./object/object-uri.ts";
import type { StoreSource } from "./object/settings-of.ts";

export interface AnyStorageOptions {
  /** What relative paths of this machine are relative to. */
  readonly cwd?: string | undefined;
  readonly observe?: ReadObserver | undefined;
  /** How stores are reached; by default as the environment says. */
  readonly source?: StoreSource | undefined;
}

/** Files wherever they lie: on this machine, or in a store as `s3://` and `gs://` name them. */
export class AnyStorage implements Storage {
  readonly #options: AnyStorageOptions;
  readonly #local: LocalStorage;
  #objects: Promise<ReadStorage> | undefined;

  constructor(options: AnyStorageOptions = {}) {
    this.#options = options;
    this.#local = new LocalStorage(options.cwd, options.observe);
  }

  async find(pattern: string): Promise<StoredFile[]> {
    return (await this.#of(pattern)).find(pattern);
  }

  async open(path: string): Promise<SourceFile> {
    return (await this.#of(path)).open(path);
  }

  create(): Promise<StagedFile> {
    return this.#local.create();
  }

  #of(path: string): ReadStorage | Promise<ReadStorage> {
    if (!isObjectUri(path)) return this.#local;
    this.#objects ??= this.#loadObjects();
    return this.#objects;
  }

  /** Whoever names no store loads nothing for it. */
  async #loadObjects(): Promise<ReadStorage> {
    const { ObjectStorage } = await import("./object/object-storage.ts");
    const { source = { env: process.env }, observe = () => {} } = this.#options;
    return new ObjectStorage(source, observe);
  }
}
