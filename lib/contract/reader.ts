import type { Batch, Row } from "./batch.ts";
import { SourceConfig } from "./config.ts";
import { INERT_CONTEXT, type StageContext } from "./context.ts";
import { ConnectionTestResult, DiscoveryResult, type Position, type Split } from "./results.ts";
import type { IncrementalStateManager } from "./state.ts";

/** What `extract` yields: records, with the position where a restart goes on after the last of them. */
export type Yielded<R extends Row = Row> =
  | Batch<R>
  | readonly R[]
  | { batch: Batch<R> | readonly R[]; position: Position };

/**
 * How a reader behaves when it reads again: 3 gives the same rows for the same position, 2 may give others (a live
 * API), 1 cannot read again (a pipe). It bounds the guarantee of a run.
 */
export type ReplayClass = 1 | 2 | 3;

const READER = Symbol.for("dativo.reader");

/** Id of the one split of a reader that does not divide its source. */
export const WHOLE_SOURCE = "0";

/** A source of records. Only `extract` is required. */
export abstract class BaseReader<R extends Row = Row> {
  static readonly [READER] = true;
  static readonly replay: ReplayClass = 2;
  /** `"columns"` says that batches lie in native memory, for who explains a job. */
  static readonly output: "rows" | "columns" = "rows";
  readonly sourceConfig: SourceConfig;
  ctx: StageContext = INERT_CONTEXT;

  constructor(sourceConfig: SourceConfig = new SourceConfig()) {
    this.sourceConfig = sourceConfig;
  }

  /** Reads one split from the state's position on. Yields batches of 1,000 to 10,000 records. */
  abstract extract(state?: IncrementalStateManager, split?: Split): Iterable<Yielded<R>> | AsyncIterable<Yielded<R>>;

  /** The parts of the source, each read on its own. */
  plan(): Split[] | Promise<Split[]> {
    return [{ id: WHOLE_SOURCE }];
  }

  /** Below, at or above zero as `a` stands before, at or after `b`; undefined when positions have no order. */
  comparePositions(_a: Position, _b: Position): number | undefined {
    return undefined;
  }

  checkConnection(): ConnectionTestResult | Promise<ConnectionTestResult> {
    return new ConnectionTestResult(true, "Connection test not implemented");
  }

  discover(): DiscoveryResult | Promise<DiscoveryResult> {
    return new DiscoveryResult([], { note: "Plugin does not implement discover" });
  }

  /** Records that a run would read, for the progress line only. */
  getTotalRecordsEstimate(): number | undefined | Promise<number | undefined> {
    return undefined;
  }

  /** Called once, after the last hook, however the run ended. */
  close(): void | Promise<void> {}
}

export type ReaderClass = (new (
  sourceConfig: SourceConfig,
) => BaseReader) & {
  readonly replay?: ReplayClass;
  readonly output?: "rows" | "columns";
  /** It reads files, and their history is its state: it extends `FileReader`. */
  readonly readsFiles?: boolean;
  /** Whether it leaves that to `FileReader`, where the class itself does not show it. */
  readonly surveys?: boolean;
};

export function isReaderClass(value: unknown): value is ReaderClass {
  return typeof value === "function" && READER in value;
}
