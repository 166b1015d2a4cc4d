import type { AssetDefinition } from "./asset.ts";
import type { Batch, Row } from "./batch.ts";
import { TargetConfig } from "./config.ts";
import { INERT_CONTEXT, type StageContext } from "./context.ts";
import { type CommitResult, type CommitToken, ConnectionTestResult, type FileMetadata } from "./results.ts";
import type { Schema } from "./schema.ts";

const WRITER = Symbol.for("dativo.writer");

type MaybePromise<T> = T | Promise<T>;

/**
 * A target of records. Only `writeBatch` is required.
 *
 * What `writeBatch` and `seal` stage stays invisible until `commitFiles`. A writer without `commitFiles` whose
 * target is a folder has its files published by the engine; anywhere else its writes are visible at once.
 */
export abstract class BaseWriter<R extends Row = Row> {
  static readonly [WRITER] = true;
  /**
   * What `writeBatch` gets: an array of rows, a batch of 2,000 records or so, or, as `"columns"`, batches as they come,
   * of any length.
   */
  static readonly input: "rows" | "batch" | "columns" = "rows";
  /** False when what is staged dies with the process (an open transaction): it is then read again, never rolled forward. */
  static readonly durableStaging: boolean = true;
  /**
   * Whether it gives untyped fields the types of the values in the first batch, and holds all later ones to them. A reader
   * may then do the first: a batch of untyped fields says in `settled` what they are held to.
   */
  static readonly settlesTypes: boolean = false;
  /** Whether files in `outputBase` are only appended to: what stands in one may then be sent on while it grows. */
  static readonly appendsOnly: boolean = false;
  readonly assetDefinition: AssetDefinition;
  readonly targetConfig: TargetConfig;
  /** Where a file writer puts its files: the run's staging folder, or the target's own path. */
  readonly outputBase: string;
  ctx: StageContext = INERT_CONTEXT;

  constructor(assetDefinition: AssetDefinition, targetConfig: TargetConfig = new TargetConfig(), outputBase = "") {
    this.assetDefinition = assetDefinition;
    this.targetConfig = targetConfig;
    this.outputBase = outputBase;
  }

  open(_schema: Schema): MaybePromise<void> {}

  /** Stages records. Nothing becomes visible. Returns what was staged by this call; an empty list is fine. */
  abstract writeBatch(records: R[] & Batch<R>, fileCounter: number): MaybePromise<readonly FileMetadata[]>;

  /** Stages what is still held; after it nothing more is written. */
  seal(): MaybePromise<readonly FileMetadata[]> {
    return [];
  }

  /** Makes staged files visible. Must be idempotent and work in a fresh process from its arguments alone. */
  commitFiles?(files: readonly FileMetadata[], token: CommitToken): MaybePromise<CommitResult>;

  /** Whether the target holds this commit, by the target's own record. */
  committed?(token: CommitToken): MaybePromise<CommitResult | undefined>;

  /** Removes what was staged. Never called after the point of no return. */
  abortFiles(_files: readonly FileMetadata[], _cause: unknown): MaybePromise<void> {}

  checkConnection(): MaybePromise<ConnectionTestResult> {
    return new ConnectionTestResult(true, "Connection test not implemented");
  }

  close(): MaybePromise<void> {}
}

export type WriterClass = (new (
  asset: AssetDefinition,
  target: TargetConfig,
  outputBase: string,
) => BaseWriter) & {
  readonly input?: "rows" | "batch" | "columns";
  readonly durableStaging?: boolean;
  readonly settlesTypes?: boolean;
  readonly appendsOnly?: boolean;
};

export function isWriterClass(value: unknown): value is WriterClass {
  return typeof value === "function" && WRITER in value;
}
