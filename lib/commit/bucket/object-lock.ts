import type { ObjectStore } from "../../storage/object/object-store.ts";
import type { LockPlace, LockText } from "../lock.ts";

/** A lock as an object, which its holder writes again while it lives. Its age is by this machine's clock and the store's. */
export class ObjectLock implements LockPlace {
  readonly path: string;
  /** A request each. */
  readonly heartbeatMs = 15_000;
  readonly #store: ObjectStore;
  readonly #key: string;
  /** What stood there when it was last looked at, or was written. */
  #version: string | undefined;

  constructor(store: ObjectStore, key: string) {
    this.#store = store;
    this.#key = key;
    this.path = `${store.uri}/${key}`;
  }

  /** An object is never written by half. */
  async tidy(): Promise<void> {}

  async read(): Promise<LockText | undefined> {
    const found = await this.#store.get(this.#key);
    this.#version = found?.version;
    if (!found) return undefined;
    const facts = await this.#store.head(this.#key);
    const beatMs = facts ? Number(BigInt(facts.mtimeNs) / 1_000_000n) : Date.now();
    return { text: found.bytes.toString("utf8"), ageMs: Date.now() - beatMs };
  }

  async create(content: string): Promise<boolean> {
    return this.#write(content, { ifAbsent: true });
  }

  async replace(_dead: LockText, content: string): Promise<boolean> {
    return this.#write(content, { ifVersion: this.#version ?? "" });
  }

  async beat(content: string): Promise<void> {
    if (this.#version !== undefined) await this.#write(content, { ifVersion: this.#version });
  }

  async remove(content: string): Promise<void> {
    const held = await this.#store.get(this.#key);
    if (held?.bytes.toString("utf8") === content) await this.#store.remove(this.#key);
  }

  /** The reply to an earlier try may have been lost: what stands there then tells whose it is. */
  async #write(content: string, condition: { ifAbsent: true } | { ifVersion: string }): Promise<boolean> {
    const version = await this.#store.put(this.#key, Buffer.from(content), condition);
    if (version !== undefined) {
      this.#version = version;
      return true;
    }
    const found = await this.#store.get(this.#key);
    if (found?.bytes.toString("utf8") !== content) return false;
    this.#version = found.version;
    return true;
  }
}
