import type { Reject } from "../contract/reject.ts";
import type { CommitResult } from "../contract/results.ts";
import type { BaseWriter } from "../contract/writer.ts";
import type { Checkpoints, Committer, Sealed, Staging } from "../stream/to-writable.ts";
import type { Attempt } from "./attempt.ts";

export interface CommitterParts {
  /** Locks the target and begins the run. */
  begin(): Promise<Attempt>;
  createWriter(stagingFolder: string): Promise<BaseWriter>;
  /** What the class of the writer says. */
  readonly settlesTypes?: boolean | undefined;
  /** What becomes of a sealed run: stand-alone it is committed here; a job keeps it for its one commit. */
  settle(attempt: Attempt, sealed: Sealed): Promise<CommitResult | undefined>;
  /** Given where a run may commit before its end; `settle` commits and closes the writer. */
  readonly checkpoints?: CheckpointParts | undefined;
  /** Unlocks; called once, after a commit or an abort, unless a job took the run over. */
  end(): Promise<void>;
}

export interface CheckpointParts {
  readonly isDue: Checkpoints["isDue"];
  settle(attempt: Attempt, sealed: Sealed): Promise<void>;
}

/** A committer over an attempt: the sink stages through it and hands over to it. */
export function createCommitter(parts: CommitterParts): Committer {
  return new AttemptCommitter(parts);
}

class AttemptCommitter implements Committer {
  readonly #parts: CommitterParts;
  #attempt: Attempt | undefined;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  get settlesTypes(): boolean | undefined {
    return this.#parts.settlesTypes;
  }

  get checkpoints(): Checkpoints | undefined {
    const { checkpoints } = this.#parts;
    return checkpoints && { isDue: checkpoints.isDue, commit: (sealed) => this.#checkpoint(checkpoints, sealed) };
  }

  async open(): Promise<Staging> {
    const attempt = await this.#parts.begin();
    this.#attempt = attempt;
    const folder = await attempt.stage();
    const { storage, advance } = attempt;
    return { storage, advance, createWriter: () => this.#parts.createWriter(folder) };
  }

  async keepRejects(rejects: readonly Reject[]): Promise<void> {
    await this.#attempt?.keepRejects(rejects);
  }

  async commit(sealed: Sealed): Promise<CommitResult | undefined> {
    const attempt = this.#attempt as Attempt;
    let result: CommitResult | undefined;
    let failed = true;
    try {
      result = await this.#parts.settle(attempt, sealed);
      failed = false;
    } finally {
      if (failed || result) await this.#parts.end();
    }
    return result;
  }

  /** What a failed commit leaves is its own affair; there is nothing more to abort. */
  async #checkpoint({ settle }: CheckpointParts, sealed: Sealed): Promise<void> {
    const attempt = this.#attempt as Attempt;
    this.#attempt = undefined;
    await settle(attempt, sealed);
  }

  async abort(): Promise<{ rejectsPath: string | undefined }> {
    try {
      return (await this.#attempt?.abort()) ?? { rejectsPath: undefined };
    } finally {
      await this.#parts.end();
    }
  }
}
