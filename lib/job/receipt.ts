import type { DiscoveredColumn } from "../contract/results.ts";
import type { Counts } from "../stream/to-writable.ts";
import type { FailedAttempt } from "./retry.ts";

export const RECEIPT_FORMAT = "dativo.receipt/1";

/** What a run did, for machines. Counts balance: read + added = written + rejected + filtered. */
export interface Receipt {
  readonly format: typeof RECEIPT_FORMAT;
  readonly runId: string;
  /** `unchanged`: nothing was there to load, and nothing was committed. */
  readonly status: "committed" | "unchanged";
  readonly job: {
    readonly tenant: string;
    readonly name: string;
    readonly file: string | undefined;
    /** The job's own label, such as `prod`. */
    readonly environment: string | undefined;
    /** Names the job's folder under `_dativo`. */
    readonly hash: string;
    readonly seq: number | undefined;
  };
  /** Tries that failed before this run did not; `retry_config` allowed them. */
  readonly failedAttempts: readonly FailedAttempt[];
  readonly guarantee: Guarantee;
  readonly counts: Counts;
  readonly source: {
    readonly connector: string;
    readonly reader: string;
    readonly splits: number;
    /** Splits whose content was loaded by an earlier run. */
    readonly alreadyLoaded: number;
    readonly bytesRead: number;
  };
  readonly target: {
    readonly connector: string;
    readonly writer: string;
    readonly path: string | undefined;
    readonly mode: "append" | "overwrite";
    readonly schema: readonly DiscoveredColumn[];
  };
  readonly files: readonly ReceiptFile[];
  readonly rejects: { readonly count: number; readonly path: string | undefined };
  readonly contract: { readonly name: string; readonly version: string; readonly fingerprint: string };
  /** Plugins that ran, by the SHA-256 of their file. */
  readonly plugins: readonly { readonly path: string; readonly sha256: string }[];
  readonly tags: Readonly<Record<string, unknown>>;
  readonly positions: Readonly<Record<string, unknown>>;
  readonly timings: {
    readonly startedAt: string;
    readonly finishedAt: string;
    readonly durationMs: number;
    readonly stages: readonly { readonly stage: string; readonly busyMs: number; readonly rows: number }[];
  };
  /** Peak resident memory of the process so far, in bytes. */
  readonly peakMemoryBytes: number;
  readonly warnings: readonly string[];
}

export interface ReceiptFile {
  readonly path: string;
  readonly sizeBytes?: number | undefined;
  readonly sha256?: string | undefined;
  readonly rows?: number | undefined;
}

export interface Guarantee {
  readonly effect: "exactly-once" | "at-least-once" | "at-most-once" | "none";
  /** Reader and writer class, `R3` and `W3` at best. */
  readonly reader: string;
  readonly writer: string;
}
