import { Duplex } from "node:stream";
import { type Batch, isBatch, type Row } from "../contract/batch.ts";
import type { Reservation } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import type { Reject } from "../contract/reject.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { Schema } from "../contract/schema.ts";
import { type Applied, BaseTransform, type TransformClass } from "../contract/transform.ts";
import { adopt, adoptUpstream, isShared, joinWriters, pushDownTo } from "./adoption.ts";
import { asBatch, partsFor } from "./as-batch.ts";
import { attachEnvelope, type Envelope, type Flow, newEnvelope, takeEnvelope } from "./envelope.ts";
import { Handover } from "./handover.ts";
import { iteratorOf } from "./iterator-of.ts";
import { type RejectPolicy, Verdict } from "./policy.ts";
import { closeStage, StageControl, type StageOptions } from "./stage.ts";

export interface TransformOptions extends StageOptions {
  /** What rejects mean, when this is the stage that checks the contract. */
  readonly policy?: RejectPolicy | undefined;
}

declare const IN: unique symbol;
declare const OUT: unique symbol;

/** A stream of batches in, whose rows are of type I, and out, of type O. */
export interface BatchTransform<I extends Row = Row, O extends Row = Row> extends Duplex {
  readonly [IN]?: (rows: I) => void;
  readonly [OUT]?: O;
}

/** A transform as a Duplex of batches. It works only when its reader asks, and holds at most two outputs. */
export function toTransform<I extends Row, O extends Row>(
  transform: BaseTransform<I, O>,
  options: TransformOptions,
): BatchTransform<I, O> {
  return new TransformStream(transform as BaseTransform, options) as BatchTransform<I, O>;
}

class TransformStream extends Duplex {
  readonly #transform: BaseTransform;
  readonly #control: StageControl;
  readonly #graceMs: number;
  readonly #input = new Handover<unknown>();
  readonly #outputs: AsyncGenerator<Batch>;
  readonly #run: TransformRun;
  #pulling = false;
  #upstream: unknown;
  /** How often a stream was piped into this one, or left it. */
  #changes = 0;

  constructor(transform: BaseTransform, options: TransformOptions) {
    super({ objectMode: true, readableHighWaterMark: 1, writableHighWaterMark: 1 });
    this.on("pipe", (source) => {
      this.#upstream = source;
      this.#changes++;
      if (this.#run.adopted) adoptUpstream(source);
      pushDownTo(source, () => (this.#changes === 1 && !isShared(this) ? transform.contract : undefined));
    });
    this.on("unpipe", () => this.#changes++);
    this.#transform = transform;
    this.#graceMs = options.environment.graceMs;
    this.#control = new StageControl(options, transform, "apply");
    transform.ctx = this.#control.context;
    this.#run = new TransformRun(transform, options, this.#control, {
      join: (flow) => joinWriters(this, flow),
      tell: (rejects) => this.emit("rejects", rejects),
    });
    this.#outputs = this.#run.outputs(this.#input);
  }

  [adopt](): void {
    this.#run.adopted = true;
    adoptUpstream(this.#upstream);
  }

  /** Where a loop or a generator takes the batches, nobody can tell whether a writer follows. */
  override async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    yield* super[Symbol.asyncIterator]() as AsyncIterable<Batch>;
    this.#run.refuseUntaken();
  }

  override _write(batch: unknown, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#input.put(batch, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#input.end();
    callback();
  }

  override async _read(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      const { value, done } = await this.#outputs.next();
      this.#pulling = false;
      this.push(done ? null : value);
    } catch (error) {
      this.destroy((this.#run.flow?.failure ?? error) as Error);
    }
  }

  override async _destroy(error: Error | null, callback: (error?: Error | null) => void): Promise<void> {
    if (!this.readableEnded) {
      this.#control.abort(error);
      this.#run.flow?.fail(error);
      this.#input.fail(error);
    }
    await closeStage("transform", this.#control.context.log, this.#graceMs, async () => {
      await this.#outputs.return(undefined);
      await this.#transform.close();
    });
    callback(error);
  }
}

interface Surroundings {
  /** Tells the writers downstream of the reading; true when there is one. */
  join(flow: Flow): boolean;
  /** Offers rejects to whoever listens; true when somebody does. */
  tell(rejects: readonly Reject[]): boolean;
}

/** One pass of a transform over its input: calls the hooks, keeps envelopes and counts right. */
class TransformRun {
  readonly #transform: BaseTransform;
  readonly #control: StageControl;
  readonly #verdict: Verdict | undefined;
  /** A transform that overrides `flush` may hold records back, so its input's positions must wait for the flush. */
  readonly #holdsBack: boolean;
  /** Of the contract that the transform holds records to. */
  readonly #fingerprint: string | undefined;
  readonly #withheld: Pick<Envelope, "positions" | "values"> = { positions: new Map(), values: undefined };
  /** Records that went in and have neither come out nor been accounted for. */
  #owed = 0;
  #read = 0;
  /** True when a writer of ours stands behind foreign streams, and gets what they lose. */
  #joined = false;
  /** Rejects that went out, and that neither a stage of ours nor a listener has taken. */
  #untaken = 0;
  readonly #surroundings: Surroundings;
  #input: Schema | undefined;
  #output: Schema | undefined;
  flow: Flow | undefined;
  /** True when a writer of ours stands downstream: it passes the verdict then, having kept the rejects. */
  adopted = false;

  constructor(transform: BaseTransform, options: TransformOptions, control: StageControl, surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#transform = transform;
    this.#control = control;
    this.#verdict = options.policy && Object.assign(new Verdict(), { policy: options.policy });
    this.#fingerprint = transform.contract?.fingerprint;
    this.#holdsBack = transform.flush !== BaseTransform.prototype.flush;
  }

  async *outputs(input: AsyncIterable<unknown>): AsyncGenerator<Batch> {
    for await (const chunk of input) {
      const batch = asBatch(chunk, "transform");
      const envelope = takeEnvelope(batch);
      this.flow = envelope?.flow ?? this.flow;
      if (this.flow && !this.adopted) this.#joined = this.#surroundings.join(this.flow);
      if (this.#holdsBack && envelope) this.#withhold(envelope);
      yield* this.#emit(this.#apply(batch), envelope, batch.length);
    }
    if (this.#holdsBack) yield* this.#emit(this.#flush(), this.#release(), 0, true);
    // Without a writer of ours nobody else would say that the check has failed.
    if (this.adopted || this.#joined) return;
    const error = this.#verdict?.error(this.#read);
    if (error) throw error;
  }

  async *#apply(batch: Batch): AsyncGenerator<Batch> {
    // An empty batch without fields carries an envelope and says nothing of the schema.
    if (batch.length === 0 && batch.schema.fields.length === 0) return;
    if (batch.schema !== this.#input) {
      this.#output = await this.#control.call("open", () =>
        this.#transform.open(batch.schema, batch.provenance?.source),
      );
      this.#input = batch.schema;
    }
    if (batch.contract !== undefined && batch.contract === this.#fingerprint) {
      // The reader has done what this stage is there for.
      if (batch.length > 0) yield batch;
      return;
    }
    for (const part of partsFor(batch, (this.#transform.constructor as TransformClass).input)) {
      yield* results("apply", await this.#control.call("apply", () => this.#transform.apply(part)), this.#control);
    }
  }

  async *#flush(): AsyncGenerator<Batch> {
    yield* results("flush", await this.#control.call("flush", () => this.#transform.flush()), this.#control);
  }

  /** Passes outputs on, the envelope with the last of them: it must not arrive before the records it speaks of. */
  async *#emit(
    outputs: AsyncIterable<Batch>,
    envelope: Envelope | undefined,
    taken: number,
    last = false,
  ): AsyncGenerator<Batch> {
    let held: Batch | undefined;
    let made = 0;
    let lease: Reservation | undefined;
    for await (const output of outputs) {
      const next = this.adopted ? envelope?.flow.add(leaseOf(output)) : undefined;
      this.#control.signal.throwIfAborted();
      if (held) {
        if (envelope)
          attachEnvelope(held, {
            ...newEnvelope(envelope.flow),
            lease,
            policy: this.#verdict?.policy ?? envelope.policy,
          });
        yield held;
      }
      held = output;
      lease = next;
      made += output.length;
      this.#control.passed(output.length);
    }
    const { rejects, filtered } = this.#control.take();
    this.#owed += taken - made - rejects.length - filtered;
    const settled = !this.#holdsBack || last;
    if (!envelope) {
      this.#refuseLosses(rejects.length);
      if (held) yield held;
      return;
    }
    envelope.rejects = envelope.rejects.concat(rejects);
    envelope.filtered += filtered + (settled ? Math.max(0, this.#owed) : 0);
    envelope.added += settled ? Math.max(0, -this.#owed) : 0;
    if (settled) this.#owed = 0;
    envelope.lease = both(envelope.lease, lease);
    this.#judge(envelope);
    const carrier = held ?? RowBatch.empty(this.#output ?? new Schema([]));
    attachEnvelope(carrier, envelope);
    yield carrier;
  }

  #judge(envelope: Envelope): void {
    if (!this.#verdict) return;
    this.#read += envelope.read;
    this.#verdict.add(envelope.rejects);
    envelope.policy = this.#verdict.policy;
    const { length } = envelope.rejects;
    if (length === 0 || this.#surroundings.tell(envelope.rejects)) return;
    this.#untaken += length;
    envelope.onTaken = () => {
      this.#untaken -= length;
    };
  }

  /** Whoever took the batches has handed none of them on, or keeps them: rejects that travelled with them are lost. */
  refuseUntaken(): void {
    if (this.#untaken === 0) return;
    throw new DativoError("DTV_STAGE_MISUSE", `${this.#untaken} rejected records cannot be handed on`, {
      hint: 'A loop or generator behind validate() keeps the batches or hands on new ones. Make it a transform of your own, or take the rejects: validate(…).on("rejects", (rejects) => …).',
    });
  }

  /** Without an envelope there is nowhere to put a reject: losing it silently is no choice. */
  #refuseLosses(rejected: number): void {
    if (rejected === 0) return;
    throw new DativoError("DTV_STAGE_MISUSE", `${rejected} rejected records cannot be handed on`, {
      hint: "A foreign stage before this one made new batches without an envelope; use it after validate().",
    });
  }

  #withhold(envelope: Envelope): void {
    for (const [split, position] of envelope.positions) this.#withheld.positions.set(split, position);
    this.#withheld.values = envelope.values ?? this.#withheld.values;
    envelope.positions = new Map();
    envelope.values = undefined;
  }

  #release(): Envelope | undefined {
    return this.flow && { ...newEnvelope(this.flow), ...this.#withheld };
  }
}

/** An output may lie in memory of a library, which is given back with its envelope, or when the run fails. */
function leaseOf(output: Batch): Reservation {
  return { bytes: 0, release: () => output.release() };
}

function both(first: Reservation | undefined, second: Reservation | undefined): Reservation | undefined {
  if (!first || !second) return first ?? second;
  return {
    bytes: first.bytes + second.bytes,
    release: () => {
      first.release();
      second.release();
    },
  };
}

/** Batches of a hook's result, which may be one, several, or none. */
async function* results(hook: string, applied: Applied, control: StageControl): AsyncGenerator<Batch> {
  if (applied === undefined || applied === null) return;
  if (isBatch(applied)) {
    yield applied;
    return;
  }
  const source = await control.call(hook, () => iteratorOf<Batch>(applied));
  if (!source) throw control.misresult(`${hook}() must give a batch, batches, or nothing`);
  try {
    for (;;) {
      const { value, done } = await control.call(hook, () => source.next());
      if (done) return;
      if (!isBatch(value)) throw control.misresult(`${hook}() must give batches`);
      yield value;
    }
  } finally {
    await source.return?.();
  }
}
