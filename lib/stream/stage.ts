import { tmpdir } from "node:os";
import type { Clock, Log, StageContext } from "../contract/context.ts";
import { INERT_CONTEXT } from "../contract/context.ts";
import { DativoError, toDativoError } from "../contract/errors.ts";
import { type NativeCodecs, NO_NATIVE_CODECS } from "../contract/native-codecs.ts";
import { type Reject, requireReject } from "../contract/reject.ts";
import type { StandardStreams } from "../contract/standard-streams.ts";
import type { Storage } from "../contract/storage.ts";
import type { BaseWriter } from "../contract/writer.ts";
import { standardStreams } from "../storage/standard-streams.ts";
import type { Offer } from "./adoption.ts";
import { type MemoryBudget, processBudget } from "./budget.ts";

/** What the streams of one run share. */
export interface StreamEnvironment {
  readonly log: Log;
  readonly budget: MemoryBudget;
  /** Where readers find their files. */
  readonly storage: Storage;
  readonly standard: StandardStreams;
  readonly native: NativeCodecs;
  readonly clock: Clock;
  readonly tempDir: string;
  /** How long a stage may take to stop once it was asked to, in milliseconds. */
  readonly graceMs: number;
}

export const DEFAULT_GRACE_MS = 10_000;

/** For streams outside a job: quiet, the budget of the process. */
export function defaultEnvironment(storage: Storage, native: NativeCodecs = NO_NATIVE_CODECS): StreamEnvironment {
  return {
    log: INERT_CONTEXT.log,
    budget: processBudget,
    storage,
    standard: standardStreams(),
    native,
    clock: INERT_CONTEXT.clock,
    tempDir: tmpdir(),
    graceMs: DEFAULT_GRACE_MS,
  };
}

/** Where an adapter notes how long its stage worked and what passed it; the progress line and the receipt read it. */
export interface StageMeter {
  busyMs: number;
  rows: number;
}

/** What an adapter may be told of its stage. */
export interface StageOptions {
  readonly environment: StreamEnvironment;
  readonly meter?: StageMeter | undefined;
  /** Names the stage in errors of its own code: the path of a plugin. Without it such errors pass as they are. */
  readonly owner?: string | undefined;
}

/** What a reader may ask of the stages behind it. */
export interface Taker {
  /** What records will be held to. */
  readonly contract: Offer;
  /** Whether all are writers. */
  feedsWriters(): boolean;
  /** Whether these settle types. */
  feedsSettlers(): boolean;
}

/** Rejects that may wait for records to travel with. */
const CROWD = 10_000;

/** The side of a stage's context that its adapter holds. */
export class StageControl {
  readonly context: StageContext;
  /** The plugin's path, or the name of the stage's class. */
  readonly name: string;
  readonly #meter: StageMeter | undefined;
  readonly #owner: string | undefined;
  readonly #abort = new AbortController();
  #rejects: Reject[] = [];
  #filtered = 0;
  #onCrowd: (() => void) | undefined;
  #taker: Taker = { contract: () => undefined, feedsWriters: () => false, feedsSettlers: () => false };

  /** @throws DativoError DTV_PLUGIN_CLASS when the stage has not the one hook that it must have. */
  constructor(
    { environment, meter, owner }: StageOptions,
    player: object,
    hook: string,
    storage: Storage = environment.storage,
  ) {
    this.name = owner ?? player.constructor.name;
    if (typeof (player as Record<string, unknown>)[hook] !== "function") {
      throw new DativoError("DTV_PLUGIN_CLASS", `${this.name} has no ${hook}()`, { culprit: this.name });
    }
    this.#meter = meter;
    this.#owner = owner;
    const taker = (): Taker => this.#taker;
    this.context = {
      signal: this.#abort.signal,
      log: environment.log,
      budget: environment.budget,
      storage,
      standard: environment.standard,
      native: environment.native,
      get contract() {
        return taker().contract();
      },
      get feedsWriters() {
        return taker().feedsWriters();
      },
      get feedsSettlers() {
        return taker().feedsSettlers();
      },
      clock: environment.clock,
      tempDir: environment.tempDir,
      reject: (reject) => {
        requireReject(reject, this.name);
        this.#rejects.push(reject);
        if (this.#rejects.length >= CROWD) this.#onCrowd?.();
      },
      filtered: (count) => {
        this.#filtered += count;
      },
    };
  }

  /** Tells a reader, when it asks, who takes its records. */
  offer(taker: Taker): void {
    this.#taker = taker;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(cause: unknown): void {
    this.#abort.abort(cause ?? new DativoError("DTV_CANCELLED", "The stream was destroyed"));
  }

  /** Calls a hook of the stage: its time is added up, and its errors say whose they are. */
  async call<T>(hook: string, work: () => Promise<T> | T): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } catch (cause) {
      if (this.#owner === undefined || this.signal.aborted) throw cause;
      throw toDativoError(cause, "DTV_PLUGIN_FAILED", `${hook}() of ${this.#owner} failed`, { culprit: this.#owner });
    } finally {
      if (this.#meter) this.#meter.busyMs += performance.now() - start;
    }
  }

  /** The error of a hook that gave what it must not. */
  misresult(message: string): DativoError {
    return new DativoError("DTV_PLUGIN_RESULT", `${this.name}: ${message}`, { culprit: this.name });
  }

  /** True as soon as so many rejects wait that they should go ahead of the work; false when it is done before. */
  isCrowdedBefore(work: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (): void => resolve(false);
      work.then(done, done);
      this.#onCrowd = () => resolve(true);
      if (this.#rejects.length >= CROWD) resolve(true);
    });
  }

  /** Whether the stage has told of records that no batch carries yet. */
  get hasWaiting(): boolean {
    return this.#rejects.length > 0 || this.#filtered > 0;
  }

  /** Counts records that passed the stage. */
  passed(rows: number): void {
    if (this.#meter) this.#meter.rows += rows;
  }

  /** What the stage handed over since the last call. */
  take(): { rejects: Reject[]; filtered: number } {
    const taken = { rejects: this.#rejects, filtered: this.#filtered };
    this.#rejects = [];
    this.#filtered = 0;
    return taken;
  }
}

/** Waits for work that should stop soon; gives up after `graceMs` so that a stuck plugin cannot hold the run. */
export async function within(graceMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), graceMs);
  });
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Ends a stage. What it was asked to do is done or lost by now, so a fault here is told and changes nothing; a stage
 * that does not stop within the grace period is abandoned.
 */
export async function closeStage(kind: string, log: Log, graceMs: number, close: () => Promise<void>): Promise<void> {
  const work = close().catch((fault: unknown) => {
    log.warn(`The ${kind} failed while it was closed: ${fault instanceof Error ? fault.message : String(fault)}`);
  });
  if (!(await within(graceMs, work))) log.warn(`The ${kind} did not stop within ${graceMs} ms and was abandoned`);
}

/** Has a writer do one piece of work outside a stream: with the context that a stage has, and closed afterwards. */
export async function useWriter<T>(
  writer: BaseWriter,
  environment: StreamEnvironment,
  work: (writer: BaseWriter) => Promise<T>,
): Promise<T> {
  writer.ctx = new StageControl({ environment }, writer, "writeBatch").context;
  try {
    return await work(writer);
  } finally {
    await closeWriter(writer, environment);
  }
}

/** Whatever a writer does when it is closed, what was committed stands. */
export function closeWriter(writer: BaseWriter, { log, graceMs }: StreamEnvironment): Promise<void> {
  return closeStage("writer", log, graceMs, async () => writer.close());
}
