import { Writable } from "node:stream";
import type { Batch, Row } from "../contract/batch.ts";
import { DativoError, toDativoError } from "../contract/errors.ts";
import type { Reject } from "../contract/reject.ts";
import type { CommitResult, FileMetadata, Position } from "../contract/results.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import type { Storage } from "../contract/storage.ts";
import type { BaseWriter, WriterClass } from "../contract/writer.ts";
import { reach } from "../storage/fail-point.ts";
import { adoptUpstream, join, settles } from "./adoption.ts";
import { asBatch, partsFor } from "./as-batch.ts";
import { type Envelope, type Flow, takeEnvelope } from "./envelope.ts";
import { type RejectPolicy, Verdict } from "./policy.ts";
import { closeWriter, StageControl, type StageOptions, type StreamEnvironment, within } from "./stage.ts";

/** Where a run stages, and who makes its files visible. The sink never decides to commit: it is given one of these. */
export interface Committer {
  /** True where what is written is gone at once. */
  readonly isOpen?: boolean;
  /** What the class of its writers says. */
  readonly settlesTypes?: boolean | undefined;
  /** Opens the staging area; called before the writer's first hook. */
  open(): Promise<Staging>;
  /** Keeps records that failed; they go with the commit, or are kept without it. */
  keepRejects(rejects: readonly Reject[]): Promise<void>;
  /**
   * Takes over what was sealed. Stand-alone it prepares and commits. In a job it keeps it for the job's one commit,
   * returns undefined, and owns the writer from then on.
   */
  commit(sealed: Sealed): Promise<CommitResult | undefined>;
  /** Given where a run may commit before its end. */
  readonly checkpoints?: Checkpoints | undefined;
  /** Removes what was staged; never called once `commit` was. Names the file of rejects when there is one. */
  abort(cause: unknown): Promise<{ rejectsPath: string | undefined }>;
}

/** Commits in the middle of a run. */
export interface Checkpoints {
  /** Whether what came since the last one is enough for another. */
  isDue(since: { readonly records: number; readonly bytes: number }): boolean;
  /** Commits what was sealed, and owns its writer from then on; the next batch opens a staging anew. */
  commit(sealed: Sealed): Promise<void>;
}

export interface Staging {
  /** The writer's `ctx.storage`: its `create` makes staged files. */
  readonly storage: Storage;
  /** Makes the writer; it learns its output base only now. */
  createWriter(): Promise<BaseWriter>;
  /** Given for writers that only append to their files: called when there is more in them. */
  readonly advance?: (() => Promise<void>) | undefined;
}

/** What a sink hands over when its input has ended. */
export interface Sealed {
  readonly writer: BaseWriter;
  readonly files: readonly FileMetadata[];
  readonly counts: Counts;
  readonly positions: ReadonlyMap<string, Position>;
  readonly values: Readonly<Record<string, unknown>> | undefined;
  readonly schema: Schema | undefined;
  /** False when a foreign stage lost envelopes: what was read is then unknown. */
  readonly balanced: boolean;
}

/** read + added = written + rejected + filtered. */
export interface Counts {
  readonly read: number;
  readonly added: number;
  readonly filtered: number;
  readonly rejected: number;
  readonly written: number;
}

/** `pending` until the sink has settled; `unknown` when a commit was sent and its outcome was not learnt. */
export type Outcome = "pending" | "committed" | "aborted" | "unknown";

export interface WritableOptions extends StageOptions {
  readonly committer: Committer;
  /** What rejects mean where no stage checks a contract; by default one of them and nothing is published. */
  readonly policy?: RejectPolicy | undefined;
}

declare const ROW: unique symbol;

/** A sink of batches whose rows are of type R. Its `outcome` is the truth about what became visible. */
export interface BatchWritable<R extends Row = Row> extends Writable {
  readonly [ROW]?: (rows: R) => void;
  readonly outcome: Outcome;
  readonly counts: Counts;
  readonly result: CommitResult | undefined;
}

/** A writer as a Writable of batches, one batch ahead at most. */
export function toWritable<R extends Row = Row>(options: WritableOptions): BatchWritable<R> {
  return new WriterSink(options) as BatchWritable<R>;
}

interface Stage {
  readonly writer: BaseWriter;
  readonly control: StageControl;
  readonly advance: Staging["advance"];
}

type Phase = "staging" | "sealing" | "committing" | "settled";

class WriterSink extends Writable {
  outcome: Outcome = "pending";
  result: CommitResult | undefined;
  readonly #committer: Committer;
  readonly #environment: StreamEnvironment;
  readonly #options: WritableOptions;
  readonly #verdict = new Verdict();
  #files: FileMetadata[] = [];
  readonly #flows = new Set<Flow>();
  #positions = new Map<string, Position>();
  readonly #tally = { read: 0, added: 0, filtered: 0, written: 0 };
  /** The same at the last checkpoint. */
  #committed: Counts = NOTHING;
  /** Taken in since then. */
  #bytes = 0;
  #stage: Stage | undefined;
  #phase: Phase = "staging";
  #inFlight: Promise<unknown> = Promise.resolve();
  #values: Envelope["values"];
  #schema: Schema | undefined;
  #balanced = true;
  #batches = 0;

  constructor(options: WritableOptions) {
    super({ objectMode: true, highWaterMark: 1 });
    this.#committer = options.committer;
    this.#environment = options.environment;
    this.#options = options;
    if (options.policy) this.#verdict.policy = options.policy;
    if (options.committer.isOpen) this.#verdict.published = "before";
    this.on("pipe", adoptUpstream);
  }

  get counts(): Counts {
    return { ...this.#tally, rejected: this.#verdict.rejected };
  }

  /** Where there are checkpoints a writer follows upon another, and each settles types anew. */
  get [settles](): boolean {
    return this.#committer.settlesTypes === true && this.#committer.checkpoints === undefined;
  }

  /** Foreign stages stand between a reading and this writer, and may lose what it says of records. */
  [join](flow: Flow): void {
    this.#flows.add(flow);
    flow.watch();
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#track(() => this.#take(chunk), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#track(() => this.#finish(), callback);
  }

  override async _destroy(error: Error | null, callback: (error?: Error | null) => void): Promise<void> {
    if (this.#phase !== "settled") {
      for (const flow of this.#flows) flow.fail(error);
      this.#stage?.control.abort(error);
      const calm = await within(this.#environment.graceMs, this.#inFlight);
      // Past the point of no return the outcome is waited for, however long the target takes, and never undone.
      if (!calm && this.#phase === "committing") await this.#inFlight;
      if (this.outcome === "pending") await this.#rollBack(error);
    }
    const writer = this.#stage?.writer;
    if (writer) await closeWriter(writer, this.#environment);
    callback(error);
  }

  /** Runs the work of one call; `_destroy` waits for what is under way. */
  #track(work: () => Promise<void>, callback: (error?: Error | null) => void): void {
    const done = work();
    this.#inFlight = done.catch(() => {});
    done.then(
      () => callback(),
      (error) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  async #take(chunk: unknown): Promise<void> {
    const batch = asBatch(chunk, "writer");
    const envelope = takeEnvelope(batch);
    try {
      await this.#note(envelope, batch);
      await this.#noteLost();
      const stage = await this.#open();
      await this.#begin(batch.schema, stage);
      if (batch.length > 0 && !this.#verdict.isLost) {
        const input = inputOf(stage.writer);
        for (const part of partsFor(batch, input)) await this.#write(part, input, stage);
      }
    } catch (error) {
      throw envelope?.flow.failure ?? error;
    } finally {
      envelope?.lease?.release();
      batch.release();
    }
    if (this.#committer.checkpoints) await this.#checkpoint(this.#committer.checkpoints, batch, envelope);
  }

  async #write(batch: Batch, input: WriterInput, { writer, control, advance }: Stage): Promise<void> {
    const records = input === "rows" ? RowBatch.rowsOf(batch) : batch;
    const { length } = batch;
    const staged = await control.call("writeBatch", () => writer.writeBatch(records as never, this.#batches++));
    this.#files.push(...checkFiles(staged, "writeBatch", control));
    this.#tally.written += length;
    control.passed(length);
    await advance?.();
    await reach("K06");
  }

  async #note(envelope: Envelope | undefined, batch: Batch): Promise<void> {
    if (!envelope) {
      this.#balanced &&= batch.length === 0;
      return;
    }
    this.#flows.add(envelope.flow);
    for (const [split, position] of envelope.positions) this.#positions.set(split, position);
    this.#values = envelope.values ?? this.#values;
    await this.#count(envelope);
  }

  async #count(envelope: Envelope): Promise<void> {
    this.#tally.read += envelope.read;
    this.#tally.added += envelope.added;
    this.#tally.filtered += envelope.filtered;
    if (envelope.policy) this.#verdict.policy = envelope.policy;
    if (envelope.rejects.length === 0) return;
    this.#verdict.add(envelope.rejects);
    await this.#open();
    await this.#committer.keepRejects(envelope.rejects);
    if (this.#verdict.isHopeless) throw this.#verdict.error(this.#tally.read);
  }

  /** Batches that came without an envelope, or not at all, left theirs behind. */
  async #noteLost(): Promise<void> {
    for (const flow of this.#flows) await this.#count(flow.drain());
  }

  async #open(): Promise<Stage> {
    if (this.#stage) return this.#stage;
    const staging = await this.#committer.open();
    const writer = await staging.createWriter();
    const control = new StageControl(this.#options, writer, "writeBatch", staging.storage);
    writer.ctx = control.context;
    const advance = (writer.constructor as WriterClass).appendsOnly ? staging.advance : undefined;
    this.#stage = { writer, control, advance };
    return this.#stage;
  }

  async #begin(schema: Schema, { writer, control }: Stage): Promise<void> {
    if (this.#schema !== undefined || schema.fields.length === 0) return;
    this.#schema = schema;
    await control.call("open", () => writer.open(schema));
  }

  /** Commits what has come so far, where it is time to, and where the run could end here and go on. */
  async #checkpoint(checkpoints: Checkpoints, { sizeBytes }: Batch, envelope: Envelope | undefined): Promise<void> {
    this.#bytes += sizeBytes;
    const part = this.#part();
    if (!envelope?.positions.size || !checkpoints.isDue({ records: part.read, bytes: this.#bytes })) return;
    if (!this.#balanced || !isBalanced(part) || this.#verdict.error(this.#tally.read)) return;
    await this.#settle((sealed) => {
      this.#stage = undefined;
      return checkpoints.commit(sealed);
    });
    this.#phase = "staging";
    this.#committed = this.counts;
    this.#verdict.published = "checkpoints";
    this.#bytes = 0;
    this.#files = [];
    this.#positions = new Map();
    this.#schema = undefined;
  }

  async #finish(): Promise<void> {
    await this.#open();
    await this.#noteLost();
    this.#phase = "sealing";
    const refused = this.#verdict.error(this.#tally.read);
    if (refused) throw refused;
    this.result = await this.#settle((sealed) => this.#committer.commit(sealed));
    if (this.result) this.outcome = "committed";
    else this.#stage = undefined;
    this.#phase = "settled";
  }

  /** Has the writer seal what it was given, and hands that over to be committed. */
  async #settle<T>(commit: (sealed: Sealed) => Promise<T>): Promise<T> {
    const { writer, control } = await this.#open();
    this.#phase = "sealing";
    const files = await control.call("seal", () => writer.seal());
    this.#files.push(...checkFiles(files, "seal", control));
    this.#checkCounts();
    control.signal.throwIfAborted();
    this.#phase = "committing";
    try {
      return await commit({
        writer,
        files: this.#files,
        counts: this.#part(),
        positions: this.#positions,
        values: this.#values?.(),
        schema: this.#schema,
        balanced: this.#balanced,
      });
    } catch (error) {
      // A commit that was refused for certain says so by any other code.
      this.outcome = (error as { code?: string }).code === "DTV_OUTCOME_UNKNOWN" ? "unknown" : "aborted";
      this.#phase = "settled";
      throw error;
    }
  }

  /** What became of the records since the last checkpoint. */
  #part(): Counts {
    const { counts } = this;
    return {
      read: counts.read - this.#committed.read,
      added: counts.added - this.#committed.added,
      filtered: counts.filtered - this.#committed.filtered,
      rejected: counts.rejected - this.#committed.rejected,
      written: counts.written - this.#committed.written,
    };
  }

  /** What the writer says it staged must be what it was given. */
  #checkCounts(): void {
    const part = this.#part();
    const { read, added, filtered, rejected, written } = part;
    if (this.#balanced && !isBalanced(part)) {
      throw new DativoError(
        "DTV_COUNTS_UNBALANCED",
        `read ${read} + added ${added} is not written ${written} + rejected ${rejected} + filtered ${filtered}`,
      );
    }
    // A writer with a target of its own may report nothing; what a folder shows is checked when it is published.
    if (this.#files.length === 0 || !this.#files.every((file) => file.recordCount !== undefined)) return;
    const staged = this.#files.reduce((sum, file) => sum + (file.recordCount ?? 0), 0);
    if (staged !== written) {
      throw new DativoError(
        "DTV_COUNTS_UNBALANCED",
        `The writer was given ${written} records and reports ${staged} in its files`,
        {
          culprit: this.#stage?.writer.constructor.name ?? "writer",
        },
      );
    }
  }

  async #rollBack(cause: unknown): Promise<void> {
    this.outcome = "aborted";
    this.#phase = "settled";
    const { log } = this.#environment;
    try {
      await this.#stage?.writer.abortFiles(this.#files, cause);
    } catch (error) {
      log.warn(
        `The writer failed to remove what it staged: ${toDativoError(error, "DTV_PLUGIN_FAILED", "abortFiles").message}`,
      );
    }
    try {
      const { rejectsPath } = await this.#committer.abort(cause);
      if (rejectsPath !== undefined && cause instanceof DativoError) cause.details["rejects"] = rejectsPath;
    } catch (error) {
      log.warn(
        `Staging was not removed; the next run will do it: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

const NOTHING: Counts = { read: 0, added: 0, filtered: 0, rejected: 0, written: 0 };

function isBalanced({ read, added, written, rejected, filtered }: Counts): boolean {
  return read + added === written + rejected + filtered;
}

type WriterInput = NonNullable<WriterClass["input"]>;

function inputOf(writer: BaseWriter): WriterInput {
  return (writer.constructor as WriterClass).input ?? "rows";
}

function checkFiles(files: unknown, hook: string, control: StageControl): readonly FileMetadata[] {
  if (!Array.isArray(files) || files.some((file) => typeof file?.path !== "string")) {
    throw control.misresult(
      `${hook}() must return a list of { path, sizeBytes, recordCount }, empty when nothing was staged`,
    );
  }
  return files;
}
