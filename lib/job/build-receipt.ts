import { basename } from "node:path";
import type { Attempt } from "../commit/attempt.ts";
import type { Ledger } from "../commit/ledger.ts";
import { jobHashOf } from "../commit/places.ts";
import { RECEIPT_FORMAT } from "../config/receipt/receipt-document.ts";
import { addChecksums, checksumsIn } from "../contract/checksums.ts";
import type { CommitResult, Split } from "../contract/results.ts";
import { formatType } from "../contract/types.ts";
import type { StageMeter } from "../stream/stage.ts";
import type { Sealed } from "../stream/to-writable.ts";
import { type JobPlan, readsEverything } from "./plan-job.ts";
import type { Receipt, ReceiptFile } from "./receipt.ts";
import type { FailedAttempt } from "./retry.ts";

/** What a run has come to know of itself. */
export interface RunFacts {
  readonly plan: JobPlan;
  readonly ledger: Ledger;
  readonly attempt: Attempt;
  readonly sealed: Sealed;
  readonly result: CommitResult;
  /** Tries before this run. */
  readonly failed: readonly FailedAttempt[];
  readonly splits: readonly Split[];
  readonly bytesRead: number;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly durationMs: number;
  readonly meters: Readonly<Record<string, StageMeter>>;
  readonly warnings: readonly string[];
}

/** The receipt of a run that has settled. */
export function buildReceipt(run: RunFacts): Receipt {
  const { plan, ledger, attempt, sealed, result } = run;
  const { job, place, reader, transforms, writer } = plan;
  const committed = result.status !== "unchanged";
  const files = committed ? filesOf(attempt, sealed) : [];
  return {
    format: RECEIPT_FORMAT,
    runId: attempt.token.runId,
    status: committed ? "committed" : "unchanged",
    job: {
      tenant: job.tenantId,
      name: plan.name,
      file: job.file,
      environment: job.environment,
      hash: jobHashOf(place.jobKey),
      seq: committed ? attempt.token.seq : undefined,
    },
    failedAttempts: run.failed,
    guarantee: plan.guarantee,
    counts: sealed.counts,
    source: {
      connector: job.source.connector,
      reader: reader.name,
      splits: run.splits.length,
      alreadyLoaded: readsEverything(job) ? 0 : countLoaded(run.splits, ledger.state.positions, sealed),
      bytesRead: run.bytesRead,
    },
    target: {
      connector: job.target.connector,
      writer: writer.name,
      path: job.target.path,
      ...formatOf(plan),
      mode: job.target.writeMode,
      schema: (sealed.schema?.fields ?? []).map(({ name, type, nullable }) => ({
        name,
        type: formatType(type),
        nullable,
      })),
    },
    files,
    checksums: addChecksums(files.map(({ checksums }) => checksums)),
    rejects: { count: sealed.counts.rejected, path: attempt.rejectsPath },
    contract: { name: job.asset.name, version: job.asset.version, fingerprint: job.asset.fingerprint },
    plugins: [reader, ...transforms, writer].flatMap(({ name, sha256 }) =>
      sha256 === undefined ? [] : [{ path: name, sha256 }],
    ),
    tags: job.tags,
    positions: Object.fromEntries(sealed.positions),
    timings: {
      startedAt: run.startedAt.toISOString(),
      finishedAt: run.finishedAt.toISOString(),
      durationMs: Math.round(run.durationMs),
      stages: Object.entries(run.meters).map(([stage, { busyMs, rows }]) => ({
        stage,
        busyMs: Math.round(busyMs),
        rows,
      })),
    },
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    warnings: run.warnings,
  };
}

/** How the files were written, so that they can be read again: only what a writer of our own is known to take. */
function formatOf({ job, publishesFiles }: JobPlan): Pick<Receipt["target"], "format" | "options"> {
  if (!publishesFiles || job.target.custom !== undefined) return {};
  const { target_size_mb: _, ...options } = job.target.config.engine.options as Record<string, unknown>;
  return { format: job.target.type, options };
}

/** Files as they stand in the target, or as the writer reported them. */
function filesOf(attempt: Attempt, sealed: Sealed): ReceiptFile[] {
  if (attempt.published.length > 0) {
    return attempt.published.map(({ staged: _, ...file }) => file);
  }
  return sealed.files.map((file) => ({
    path: basename(file.path),
    sizeBytes: file.sizeBytes,
    rows: file.recordCount,
    checksums: checksumsIn(file),
  }));
}

/** Splits that had a position and gave no new one. */
function countLoaded(splits: readonly Split[], before: Readonly<Record<string, unknown>>, sealed: Sealed): number {
  return splits.filter(({ id }) => Object.hasOwn(before, id) && !sealed.positions.has(id)).length;
}
