import { tmpdir } from "node:os";
import type { AssetDefinition } from "./asset.ts";
import { DativoError } from "./errors.ts";
import { type NativeCodecs, NO_NATIVE_CODECS } from "./native-codecs.ts";
import type { Reject } from "./reject.ts";
import type { StandardStreams } from "./standard-streams.ts";
import type { Storage } from "./storage.ts";

/** Everything a stage gets from its run. Outside a run it is inert, so that a unit test needs nothing but the class. */
export interface StageContext {
  /** Fires when the run is cancelled or has failed; every wait honours it. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly budget: Budget;
  readonly storage: Storage;
  /** Standard input and output. */
  readonly standard: StandardStreams;
  readonly native: NativeCodecs;
  /**
   * The contract that the stage behind a reader holds its records to. A reader that can do so cheaper may do it itself;
   * the stage then has nothing left to do.
   */
  readonly contract?: AssetDefinition | undefined;
  /** All that a reader gives goes to writers: nobody asks where a record stands in its source. */
  readonly feedsWriters?: boolean | undefined;
  /** These writers give untyped fields the types of the values in the first batch: a reader may do so itself. */
  readonly feedsSettlers?: boolean | undefined;
  readonly clock: Clock;
  /** A private folder for scratch files, removed when the run settles. */
  readonly tempDir: string;
  /** Hands over a record that failed. It counts as rejected, and is kept with the run. */
  reject(reject: Reject): void;
  /** Counts records that the stage leaves out on purpose. */
  filtered(count: number): void;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Memory for records in flight and in writers' buffers. */
export interface Budget {
  /** Reserves memory for a buffer; undefined means that the asker must flush what it holds. */
  tryReserve(bytes: number): Reservation | undefined;
}

export interface Reservation {
  readonly bytes: number;
  release(): void;
}

export interface Clock {
  now(): Date;
}

const silent = (): void => {};

/** For stages outside a run: no logging, no limit, no storage. */
export const INERT_CONTEXT: StageContext = {
  signal: new AbortController().signal,
  log: { debug: silent, info: silent, warn: silent, error: silent },
  budget: { tryReserve: (bytes) => ({ bytes, release: silent }) },
  storage: { find: outsideRun, open: outsideRun, create: outsideRun },
  standard: { input: outsideRun, output: outsideRun, hash: outsideRun, proof: undefined },
  native: NO_NATIVE_CODECS,
  clock: { now: () => new Date() },
  tempDir: tmpdir(),
  reject: silent,
  filtered: silent,
};

function outsideRun(): never {
  throw new DativoError("DTV_STAGE_MISUSE", "Storage is reached through the context of a run", {
    hint: "Wrap the stage with readFrom(), transformWith() or writeTo(), or give it a `ctx` in the test.",
  });
}
