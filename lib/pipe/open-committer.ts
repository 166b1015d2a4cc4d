import type { Reject } from "../contract/reject.ts";
import type { CommitResult } from "../contract/results.ts";
import type { Storage } from "../contract/storage.ts";
import type { BaseWriter } from "../contract/writer.ts";
import type { Committer, Sealed, Staging } from "../stream/to-writable.ts";
import type { RejectsTarget } from "./rejects-target.ts";

/** For a writer whose records are gone as soon as they are written, as on standard output: there is nothing to commit. */
export class OpenCommitter implements Committer {
  readonly isOpen = true;
  readonly settlesTypes: boolean;
  readonly #storage: Storage;
  readonly #writer: BaseWriter;
  readonly #rejects: RejectsTarget | undefined;

  constructor(storage: Storage, writer: BaseWriter, rejects: RejectsTarget | undefined, settlesTypes = false) {
    this.settlesTypes = settlesTypes;
    this.#storage = storage;
    this.#writer = writer;
    this.#rejects = rejects;
  }

  async open(): Promise<Staging> {
    await this.#rejects?.open();
    return { storage: this.#storage, createWriter: async () => this.#writer };
  }

  async keepRejects(rejects: readonly Reject[]): Promise<void> {
    await this.#rejects?.append(rejects);
  }

  async commit({ counts }: Sealed): Promise<CommitResult> {
    await this.#rejects?.close();
    return { status: "success", totalRecords: counts.written };
  }

  async abort(): Promise<{ rejectsPath: undefined }> {
    await this.#rejects?.close();
    return { rejectsPath: undefined };
  }
}
