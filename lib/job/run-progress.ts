import type { Log } from "../contract/context.ts";
import type { BaseReader } from "../contract/reader.ts";
import type { Split } from "../contract/results.ts";
import type { StageMeter } from "../stream/stage.ts";

/** How far a run has come. */
export interface Progress {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rejected: number;
  readonly bytesRead: number;
  /** Undefined when the source does not tell its size. */
  readonly bytesTotal: number | undefined;
  /** What the reader expects; undefined when it does not say. */
  readonly rowsTotal: number | undefined;
  readonly elapsedMs: number;
  /** The stage that has worked longest so far. */
  readonly slowestStage: string;
}

export type OnProgress = ((progress: Progress) => void) | undefined;

const PROGRESS_MS = 200;

/** What a run measures of itself while it goes on. */
export class RunProgress {
  readonly meters: Record<string, StageMeter> = {};
  splits: readonly Split[] = [];
  bytesRead = 0;
  readonly #start = performance.now();
  readonly #tell: OnProgress;
  #rowsTotal: number | undefined;

  constructor(tell: OnProgress) {
    this.#tell = tell;
  }

  get elapsedMs(): number {
    return performance.now() - this.#start;
  }

  meter(stage: string): StageMeter {
    const meter = { busyMs: 0, rows: 0 };
    this.meters[stage] = meter;
    return meter;
  }

  rowsOf(stage: string): number {
    return this.meters[stage]?.rows ?? 0;
  }

  /** For the progress line only: a source that cannot tell how much it has is no fault. */
  async estimate(reader: BaseReader, log: Log): Promise<void> {
    if (!this.#tell) return;
    try {
      this.#rowsTotal = await reader.getTotalRecordsEstimate();
    } catch (error) {
      log.debug(`How much there is to read is not known: ${String(error)}`);
    }
  }

  /** Tells about five times a second how far the run has come, and once more when the returned function is called. */
  report(rejected: () => number): () => void {
    const tell = this.#tell;
    if (!tell) return () => {};
    const report = (): void => tell(this.#state(rejected()));
    const timer = setInterval(report, PROGRESS_MS).unref();
    return () => {
      clearInterval(timer);
      report();
    };
  }

  #state(rejected: number): Progress {
    const total = this.splits.reduce((sum, split) => sum + Number(split["sizeBytes"] ?? Number.NaN), 0);
    const [slowest] = Object.entries(this.meters).sort(([, a], [, b]) => b.busyMs - a.busyMs);
    return {
      rowsRead: this.rowsOf("read"),
      rowsWritten: this.rowsOf("write"),
      rejected,
      bytesRead: this.bytesRead,
      bytesTotal: Number.isNaN(total) || this.splits.length === 0 ? undefined : total,
      rowsTotal: this.#rowsTotal,
      elapsedMs: this.elapsedMs,
      slowestStage: slowest?.[0] ?? "read",
    };
  }
}
