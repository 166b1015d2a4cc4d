import { type Batch, isBatch } from "../contract/batch.ts";
import type { Reservation } from "../contract/context.ts";
import { type BaseReader, WHOLE_SOURCE } from "../contract/reader.ts";
import type { Position, Split } from "../contract/results.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { StagedValues } from "../contract/staged-values.ts";
import { IncrementalStateManager } from "../contract/state.ts";
import { attachEnvelope, type Envelope, Flow, newEnvelope } from "./envelope.ts";
import { iteratorOf, notIterable } from "./iterator-of.ts";
import { RowShaper } from "./row-shaper.ts";
import type { StageControl } from "./stage.ts";
import type { ReadableOptions } from "./to-readable.ts";

/** One pass over a source, split after split: calls the hooks, makes envelopes, waits for memory. */
export class Reading {
  readonly flow = new Flow();
  /** True when every stage up to a writer is ours: the writer then gives the memory of a batch back. */
  adopted = false;
  readonly #reader: BaseReader;
  readonly #options: ReadableOptions;
  readonly #control: StageControl;

  constructor(reader: BaseReader, options: ReadableOptions, control: StageControl) {
    this.#reader = reader;
    this.#options = options;
    this.#control = control;
  }

  async *batches(): AsyncGenerator<Batch> {
    const { state: before, onPlan } = this.#options;
    const splits = await this.#control.call("plan", async () => this.#checkPlan(await this.#reader.plan()));
    onPlan?.(splits);
    const staged = new StagedValues(before?.values);
    const positions = before?.positions ?? {};
    for (const split of splits) {
      const position = Object.hasOwn(positions, split.id) ? positions[split.id] : undefined;
      yield* this.#readSplit(split, new IncrementalStateManager(position, staged, positions));
    }
  }

  async *#readSplit(split: Split, state: IncrementalStateManager): AsyncGenerator<Batch> {
    const control = this.#control;
    const shaper = new RowShaper(split.id === WHOLE_SOURCE ? control.name : split.id, control);
    const source = await control.call("extract", async () => this.#iterate(await this.#reader.extract(state, split)));
    try {
      for (;;) {
        const next = control.call("extract", async () => {
          const { value, done } = await source.next();
          // A generator that ends because it was told to stop has not reached the end of its data.
          if (control.signal.aborted) giveBack(value);
          control.signal.throwIfAborted();
          return done ? undefined : shaper.shape(value);
        });
        while (await control.isCrowdedBefore(next)) yield* this.#emit(RowBatch.empty(shaper.schema));
        const shaped = await next;
        if (!shaped) break;
        const { batches, position } = shaped;
        for (const [index, batch] of batches.entries()) {
          const isCheckpoint = position !== undefined && index === batches.length - 1;
          yield* this.#emit(batch, isCheckpoint ? { split, position, values: state.staged.snapshot() } : undefined);
        }
      }
      if (control.hasWaiting) yield* this.#emit(RowBatch.empty(shaper.schema));
    } finally {
      await source.return?.();
    }
  }

  async *#emit(batch: Batch, at?: Checkpoint): AsyncGenerator<Batch> {
    const { rejects, filtered } = this.#control.take();
    const envelope = newEnvelope(this.flow);
    envelope.rejects = rejects;
    envelope.filtered = filtered;
    envelope.read = batch.length + rejects.length + filtered;
    envelope.values = at?.values;
    if (at) envelope.positions.set(at.split.id, at.position);
    const lease = await this.#lease(batch);
    envelope.lease = this.flow.add({ bytes: lease.bytes, release: () => this.#giveBack(batch, lease) });
    attachEnvelope(batch, envelope);
    this.#control.passed(batch.length);
    yield batch;
    // Nobody may ever see the envelope again; when the next batch is asked for, this one has at least been taken.
    if (!this.adopted) envelope.lease.release();
  }

  async #lease(batch: Batch): Promise<Reservation> {
    try {
      return await this.#options.environment.budget.lease(batch.sizeBytes, this.#control.signal);
    } catch (error) {
      batch.release();
      throw error;
    }
  }

  /** Whoever loops over the reader without stages of ours owns the batch, and may look at it as long as they like. */
  #giveBack(batch: Batch, lease: Reservation): void {
    lease.release();
    if (this.adopted) batch.release();
  }

  #checkPlan(plan: unknown): Split[] {
    if (!Array.isArray(plan) || !plan.every((split) => typeof split?.id === "string")) {
      throw this.#control.misresult("plan() must return a list of splits, each with an id that is a text");
    }
    const ids = new Set<string>();
    for (const { id } of plan as Split[]) {
      if (ids.has(id)) throw this.#control.misresult(`plan() returned two splits with the id '${id}'`);
      ids.add(id);
    }
    return plan;
  }

  #iterate(extracted: unknown): AsyncIterator<unknown> | Iterator<unknown> {
    const iterator = iteratorOf(extracted);
    if (iterator) return iterator;
    throw notIterable(this.#control.name);
  }
}

/** What nobody will take any more. */
function giveBack(yielded: unknown): void {
  const batch = isBatch(yielded) ? yielded : (yielded as { batch?: unknown } | undefined)?.batch;
  if (isBatch(batch)) batch.release();
}

interface Checkpoint {
  readonly split: Split;
  readonly position: Position;
  readonly values: NonNullable<Envelope["values"]>;
}
