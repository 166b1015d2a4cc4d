import { Readable } from "node:stream";
import { type Batch, isBatch, type Row } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import { Provenance } from "../contract/provenance.ts";
import type { BaseReader, Yielded } from "../contract/reader.ts";
import type { Position, Split } from "../contract/results.ts";
import { MAX_BATCH_ROWS, namesOf, RowBatch } from "../contract/row-batch.ts";
import { Schema } from "../contract/schema.ts";
import { IncrementalStateManager } from "../contract/state.ts";
import { adopt } from "./adoption.ts";
import { attachEnvelope, Flow, newEnvelope } from "./envelope.ts";
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
  readonly #flow = new Flow();
  readonly #graceMs: number;
  readonly #batches: AsyncGenerator<Batch>;
  #pulling = false;
  #adopted = false;

  constructor(reader: BaseReader, options: ReadableOptions) {
    super({ objectMode: true, highWaterMark: 1 });
    this.#reader = reader;
    this.#control = new StageControl(options);
    this.#graceMs = options.environment.graceMs;
    reader.ctx = this.#control.context;
    this.#batches = readAll(reader, options, this.#control, this.#flow, () => this.#adopted);
  }

  /** Every stage up to a writer is ours: the writer gives the memory back. */
  [adopt](): void {
    this.#adopted = true;
  }

  override async _read(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      const { value, done } = await this.#batches.next();
      this.#pulling = false;
      this.push(done ? null : value);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override async _destroy(error: Error | null, callback: (error?: Error | null) => void): Promise<void> {
    const ended = this.readableEnded;
    if (!ended) {
      this.#control.abort(error);
      this.#flow.fail();
    }
    await closeStage("reader", this.#control.context.log, this.#graceMs, async () => {
      await this.#batches.return(undefined);
      await this.#reader.close();
    });
    callback(error);
  }
}

async function* readAll(
  reader: BaseReader,
  options: ReadableOptions,
  control: StageControl,
  flow: Flow,
  isAdopted: () => boolean,
): AsyncGenerator<Batch> {
  const { signal } = control;
  const splits = await control.call("plan", () => reader.plan());
  options.onPlan?.(splits);
  let values = options.state?.values ?? {};
  for (const split of splits) {
    const state = new IncrementalStateManager(options.state?.positions[split.id], values);
    const shaper = new RowShaper(split.id);
    const source = iterate(await control.call("extract", () => reader.extract(state, split)));
    try {
      for (;;) {
        const { value, done } = await control.call("extract", () => source.next());
        // A generator that ends because it was told to stop has not reached the end of its data.
        signal.throwIfAborted();
        if (done) break;
        const { batches, position } = shaper.shape(value);
        for (const [index, batch] of batches.entries()) {
          const { rejects } = control.take();
          const envelope = newEnvelope(flow);
          envelope.rejects = rejects;
          envelope.read = batch.length + rejects.length;
          if (position !== undefined && index === batches.length - 1) {
            envelope.positions.set(split.id, position);
            envelope.values = state.values();
          }
          envelope.lease = flow.add(await options.environment.budget.lease(batch.sizeBytes, signal));
          attachEnvelope(batch, envelope);
          control.passed(batch.length);
          yield batch;
          // Nobody may ever see the envelope again; when the next batch is asked for, this one has at least been taken.
          if (!isAdopted()) envelope.lease.release();
        }
      }
      values = state.values();
      const left = control.take().rejects;
      if (left.length > 0) {
        const last = RowBatch.empty(shaper.schema);
        attachEnvelope(last, { ...newEnvelope(flow), rejects: left, read: left.length });
        yield last;
      }
    } finally {
      await source.return?.();
    }
  }
}

/** Brings whatever a reader yields into batches of bearable size whose records know where they come from. */
class RowShaper {
  readonly #source: string;
  #rows = 0;
  schema = Schema.lexical([], { open: true });

  constructor(source: string) {
    this.#source = source;
  }

  shape(yielded: Yielded): { batches: Batch[]; position: Position | undefined } {
    if (isBatch(yielded) || Array.isArray(yielded))
      return { batches: this.#batches(yielded as Batch | Row[]), position: undefined };
    const checkpoint = yielded as { batch: Batch | Row[]; position: Position } | undefined;
    if (!checkpoint || !(isBatch(checkpoint.batch) || Array.isArray(checkpoint.batch))) {
      throw new DativoError(
        "DTV_PLUGIN_RESULT",
        "extract() must yield a Batch, an array of rows, or { batch, position }",
        {
          details: { yielded: typeof yielded },
        },
      );
    }
    const batches = this.#batches(checkpoint.batch);
    // A position without records still moves the state: it travels on an empty batch.
    return { batches: batches.length > 0 ? batches : [RowBatch.empty(this.schema)], position: checkpoint.position };
  }

  #batches(records: Batch | Row[]): Batch[] {
    if (isBatch(records)) {
      this.schema = records.schema;
      this.#rows += records.length;
      return [records];
    }
    const batches: Batch[] = [];
    for (let start = 0; start < records.length; start += MAX_BATCH_ROWS) {
      const rows = records.slice(start, start + MAX_BATCH_ROWS);
      const names = namesOf(rows, this.schema.names);
      // The same schema object as long as no new name appears, so that stages see no change where there is none.
      if (names.length !== this.schema.fields.length) this.schema = Schema.lexical(names, { open: true });
      const provenance = Provenance.numbered(this.#source, this.#rows + 1);
      batches.push(RowBatch.fromRows(rows, this.schema, { provenance }));
      this.#rows += rows.length;
    }
    return batches;
  }
}

function iterate(source: Iterable<Yielded> | AsyncIterable<Yielded>): AsyncIterator<Yielded> | Iterator<Yielded> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  if (source && Symbol.iterator in source) return source[Symbol.iterator]();
  throw new DativoError("DTV_PLUGIN_RESULT", "extract() must return an iterable or async iterable of batches");
}
