import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { STAGED_SUFFIX } from "../../contract/file-name.ts";
import type { StagedObject, StagedRef } from "../../storage/object/object-store.ts";

/** What is sent on at a time: a part of an upload. */
const PART_BYTES = 8 * 1024 * 1024;

/**
 * Sends files of a folder on to the store while their writer appends to them, so that at the end there is next to nothing
 * left to send.
 */
export class GrowingUploads {
  readonly #folder: string;
  readonly #stage: (name: string) => Promise<StagedObject>;
  readonly #uploads = new Map<string, GrowingUpload>();

  /** `stage` begins the object of a file by its name in the folder. */
  constructor(folder: string, stage: (name: string) => Promise<StagedObject>) {
    this.#folder = folder;
    this.#stage = stage;
  }

  /** Sends what has come since, in whole parts. */
  async advance(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith(STAGED_SUFFIX)) await this.#of(name).send(PART_BYTES);
    }
  }

  /** Sends the rest of a file; undefined where nothing of it was sent before. */
  async finish(name: string): Promise<StagedRef | undefined> {
    const upload = this.#uploads.get(name);
    this.#uploads.delete(name);
    return upload?.finish();
  }

  /** Gives up what nobody has asked for. */
  async discard(): Promise<void> {
    for (const upload of this.#uploads.values()) await upload.discard();
    this.#uploads.clear();
  }

  #of(name: string): GrowingUpload {
    const known = this.#uploads.get(name);
    if (known) return known;
    const upload = new GrowingUpload(join(this.#folder, name), () => this.#stage(name));
    this.#uploads.set(name, upload);
    return upload;
  }
}

class GrowingUpload {
  readonly #path: string;
  readonly #stage: () => Promise<StagedObject>;
  #object: StagedObject | undefined;
  #sent = 0;

  constructor(path: string, stage: () => Promise<StagedObject>) {
    this.#path = path;
    this.#stage = stage;
  }

  /** As many pieces of such a length as there are. */
  async send(length: number): Promise<void> {
    await this.#reading(async (file) => {
      const { size } = await file.stat();
      while (size - this.#sent >= length) await this.#sendFrom(file, length);
    });
  }

  async finish(): Promise<StagedRef | undefined> {
    if (!this.#object) return undefined;
    await this.#reading(async (file) => {
      for (let left = (await file.stat()).size - this.#sent; left > 0; left -= PART_BYTES) {
        await this.#sendFrom(file, Math.min(left, PART_BYTES));
      }
    });
    return this.#object.seal();
  }

  async discard(): Promise<void> {
    await this.#object?.discard();
  }

  async #sendFrom(file: FileHandle, length: number): Promise<void> {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, this.#sent);
    this.#object ??= await this.#stage();
    await this.#object.write(buffer.subarray(0, bytesRead));
    this.#sent += bytesRead;
  }

  async #reading(work: (file: FileHandle) => Promise<void>): Promise<void> {
    const file = await open(this.#path, "r");
    try {
      await work(file);
    } finally {
      await file.close();
    }
  }
}
