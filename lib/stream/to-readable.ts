import { Readable } from "node:stream";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch, Row } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import type { BaseReader } from "../contract/reader.ts";
import type { Position, Split } from "../contract/results.ts";
import { adopt, feedsSettlers, feedsWriters, isShared, joinWriters, type Offer, pushDown } from "./adoption.ts";
import { takeEnvelope } from "./envelope.ts";
import { Reading } from "./reading.ts";
import { closeStage, StageControl, type StageOptions } from "./stage.ts";

/** What an earlier run left. */
export interface ReadState {
  readonly positions: Readonly<Record<string, Position>>;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface ReadableOptions extends StageOptions {
  readonly state?: ReadState | undefined;
  /** Told what will be read, before the first record. */
  readonly onPlan?: ((splits: readonly Split[]) => void) | undefined;
  /** Fires when no more records are wanted: the stream then ends as if the source had. */
  readonly enough?: AbortSignal | undefined;
}

declare const ROW: unique symbol;

/** A stream of batches whose rows are of type R. */
export type BatchReadable<R extends Row = Row> = AsyncIterable<Batch<R>> & Readable & { readonly [ROW]?: R };

/** A reader as a Readable of batches, in object mode, one batch ahead at most. */
export function toReadable<R extends Row>(reader: BaseReader<R>, options: ReadableOptions): BatchReadable<R> {
  return new ReaderStream(reader, options) as BatchReadable<R>;
}

class ReaderStream extends Readable {
  readonly #reader: BaseReader;
  readonly #control: StageControl;
  readonly #graceMs: number;
  readonly #reading: Reading;
  readonly #batches: AsyncGenerator<Batch>;
  readonly #offers: Offer[] = [];
  /** What records are held to, once the reader has asked; null when it holds them to nothing. */
  #contract: AssetDefinition | null | undefined;
  #isHeld = false;
  #pulling = false;
  #hasEnded = false;

  constructor(reader: BaseReader, options: ReadableOptions) {
    super({ objectMode: true, highWaterMark: 1 });
    this.#reader = reader;
    this.#control = new StageControl(options, reader, "extract");
    this.#graceMs = options.environment.graceMs;
    this.#control.offer({
      contract: () => this.#settleContract(),
      feedsWriters: () => feedsWriters(this),
      feedsSettlers: () => feedsSettlers(this),
    });
    reader.ctx = this.#control.context;
    this.#reading = new Reading(reader, options, this.#control);
    this.#batches = this.#reading.batches();
    options.enough?.addEventListener("abort", () => this.#endEarly(), { once: true });
  }

  [adopt](): void {
    this.#reading.adopted = true;
  }

  [pushDown](offer: Offer): void {
    this.#offers.push(offer);
  }

  override async _read(): Promise<void> {
    if (this.#pulling || this.#hasEnded) return;
    this.#pulling = true;
    if (!this.#reading.adopted) joinWriters(this, this.#reading.flow);
    try {
      const { value, done } = await this.#batches.next();
      this.#pulling = false;
      if (this.#hasEnded) return this.#drop(value);
      this.#refuseLateTaker(value);
      this.push(done ? null : value);
    } catch (error) {
      if (!this.#hasEnded) this.destroy(error as Error);
    }
  }

  #drop(batch: Batch | undefined): void {
    if (!batch) return;
    takeEnvelope(batch)?.lease?.release();
    batch.release();
  }

  /** The reader may wait for records that nobody wants any more. */
  #endEarly(): void {
    if (this.destroyed || this.readableEnded || this.#hasEnded) return;
    this.#hasEnded = true;
    this.push(null);
    this.#control.abort(new DativoError("DTV_CANCELLED", "Enough records were read"));
  }

  override async _destroy(error: Error | null, callback: (error?: Error | null) => void): Promise<void> {
    const ended = this.readableEnded;
    if (!ended) {
      this.#control.abort(error);
      this.#reading.flow.fail(error);
    }
    await closeStage("reader", this.#control.context.log, this.#graceMs, async () => {
      await this.#batches.return(undefined);
      await this.#reader.close();
    });
    callback(error);
  }

  /** Once for the whole reading: what is unique is so over all of its records. */
  #settleContract(): AssetDefinition | undefined {
    if (this.#contract === undefined) {
      const contracts = isShared(this) ? [] : this.#offers.map((offer) => offer());
      this.#contract = contracts.find((contract) => contract !== undefined) ?? null;
    }
    return this.#contract ?? undefined;
  }

  /**
   * @throws DativoError DTV_STAGE_MISUSE, since what was read for the first taker is not what the source holds, or lies
   * in memory that the first taker gives back.
   */
  #refuseLateTaker(batch: Batch | undefined): void {
    this.#isHeld ||= batch?.contract !== undefined || batch?.readCells !== undefined;
    if (!this.#isHeld || !isShared(this)) return;
    this.#drop(batch);
    throw new DativoError("DTV_STAGE_MISUSE", "A reader whose batches were made for one taker has got a second one", {
      hint: "Pipe a reader into all its stages, and listen to it, before the first record is read.",
    });
  }
}
