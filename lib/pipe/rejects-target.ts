import { type FileHandle, open } from "node:fs/promises";
import { rejectLines } from "../commit/rejects-file.ts";
import type { Reject } from "../contract/reject.ts";
import { unwritable } from "../contract/unwritable.ts";

/** Where the rejected records of a pipe go: one JSON object a line, into a file or an open descriptor (`fd:3`). */
export class RejectsTarget {
  readonly #path: string;
  #handle: FileHandle | undefined;

  constructor(target: string) {
    this.#path = target.replace(/^fd:(\d+)$/, "/dev/fd/$1");
  }

  /** Makes the file, so that a wrong path is known before anything flows, and an empty one says that all was well. */
  async open(): Promise<void> {
    this.#handle = await this.#try(() => open(this.#path, "w", 0o600));
  }

  async append(rejects: readonly Reject[]): Promise<void> {
    await this.#try(async () => this.#handle?.appendFile(rejectLines(rejects, {})));
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }
}
