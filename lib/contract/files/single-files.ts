import type { Batch } from "../batch.ts";
import type { Reservation } from "../context.ts";
import type { FileMetadata } from "../results.ts";
import { type FilePlan, FileSeries } from "./file-series.ts";

/** Where a file writer's records go. */
export interface StagedFiles {
  /** Takes records, and tells which files were ended by it. */
  write(batch: Batch): Promise<readonly FileMetadata[]>;
  /** Ends what is open. */
  finish(): Promise<readonly FileMetadata[]>;
  /** Removes what is open. */
  discard(): Promise<void>;
}

/** Files one after the other. */
export class SingleFiles implements StagedFiles {
  readonly #plan: FilePlan;
  readonly #series: FileSeries;
  #reservation: Reservation | undefined;

  constructor(plan: FilePlan) {
    this.#plan = plan;
    this.#series = new FileSeries(plan);
  }

  async write(batch: Batch): Promise<readonly FileMetadata[]> {
    await this.#series.write(batch);
    this.#reservation?.release();
    this.#reservation = this.#plan.ctx.budget.tryReserve(this.#series.bufferedBytes);
    // A buffer that the budget refuses goes out now.
    if (!this.#reservation) await this.#series.flush();
    return this.#series.isFull ? this.finish() : [];
  }

  async finish(): Promise<readonly FileMetadata[]> {
    const files = await this.#series.finish();
    this.#release();
    return files;
  }

  async discard(): Promise<void> {
    await this.#series.discard();
    this.#release();
  }

  #release(): void {
    this.#reservation?.release();
    this.#reservation = undefined;
  }
}
