import { inParallel } from "../../commit/in-parallel.ts";
import { type CommitRecord, parseRecord } from "../../commit/record.ts";
import { hashObject } from "../../storage/object/hash-object.ts";
import { ObjectStorage } from "../../storage/object/object-storage.ts";
import type { ObjectFacts, ObjectStore } from "../../storage/object/object-store.ts";
import { openStore } from "../../storage/object/open-store.ts";
import { noSuchObject } from "../../storage/object/store-error.ts";
import type { StoreSettings } from "../../storage/object/store-settings.ts";
import type { VerifiedPlace } from "./verified-place.ts";

const CONTROL = "_dativo/";
const RECORD = /^[^/]+\/(commits\/\d+\.commit|pending\/[^/]+\.manifest)$/;

/** Each is a wait of tens of milliseconds and next to no work. */
const RECORDS_AT_ONCE = 8;

export class BucketPlace implements VerifiedPlace {
  readonly uri: string;
  readonly atOnce = 4;
  readonly storage: ObjectStorage;
  readonly #store: ObjectStore;
  readonly #prefix: string;
  /** What a list has said, or was asked for: the very version that is looked at. */
  readonly #known = new Map<string, ObjectFacts>();

  private constructor(uri: string, store: ObjectStore, env: NodeJS.ProcessEnv) {
    const prefix = uri.slice(store.uri.length + 1);
    this.uri = uri;
    this.storage = new ObjectStorage({ env }, () => {});
    this.#store = store;
    this.#prefix = prefix === "" ? "" : `${prefix}/`;
  }

  static async open(uri: string, settings: StoreSettings, env: NodeJS.ProcessEnv): Promise<BucketPlace> {
    return new BucketPlace(uri, await openStore(settings), env);
  }

  pathOf(path: string): string {
    return `${this.#store.uri}/${this.#prefix}${path}`;
  }

  async sizeOf(path: string): Promise<number | undefined> {
    const facts = this.#known.get(path) ?? (await this.#store.head(this.#prefix + path));
    if (facts) this.#known.set(path, facts);
    return facts?.sizeBytes;
  }

  async sha256Of(path: string): Promise<string> {
    return hashObject(this.#store, await this.#factsOf(path));
  }

  async endOf(path: string, length: number): Promise<Uint8Array> {
    const facts = await this.#factsOf(path);
    return this.#store.read(facts, Math.max(0, facts.sizeBytes - length), length);
  }

  async files(): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const facts of this.#store.list(this.#prefix)) {
      const path = facts.key.slice(this.#prefix.length);
      // What ends in a slash is a folder in the eyes of some tools.
      if (path.startsWith(CONTROL) || path.endsWith("/")) continue;
      this.#known.set(path, facts);
      found.push(path);
    }
    return found;
  }

  records(): Promise<readonly CommitRecord[]> {
    return this.#recordsOf("", () => true);
  }

  commitsAfter(jobHash: string, seq: number): Promise<readonly CommitRecord[]> {
    return this.#recordsOf(`${jobHash}/commits/`, (name) => Number.parseInt(name, 10) > seq);
  }

  async #recordsOf(below: string, isWanted: (name: string) => boolean): Promise<CommitRecord[]> {
    const root = `${this.#prefix}${CONTROL}`;
    const keys: string[] = [];
    for await (const { key } of this.#store.list(root + below)) {
      if (RECORD.test(key.slice(root.length)) && isWanted(key.slice(root.length + below.length))) keys.push(key);
    }
    const read = await inParallel(keys, RECORDS_AT_ONCE, async (key) => {
      const found = await this.#store.get(key);
      return found && parseRecord(found.bytes.toString("utf8"), `${this.#store.uri}/${key}`);
    });
    // A manifest may have been settled meanwhile.
    return read.filter((record) => record !== undefined);
  }

  async #factsOf(path: string): Promise<ObjectFacts> {
    await this.sizeOf(path);
    const facts = this.#known.get(path);
    if (!facts) throw noSuchObject(this.pathOf(path));
    return facts;
  }
}
