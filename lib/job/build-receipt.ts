import { basename } from "node:path";
import type { Attempt } from "../commit/attempt.ts";
import { jobHashOf } from "../commit/places.ts";
import { RECEIPT_FORMAT } from "../config/receipt/receipt-document.ts";
import { addChecksums, checksumsIn } from "../contract/checksums.ts";
import type { CommitResult, Position, Split } from "../contract/results.ts";
import { formatType } from "../contract/types.ts";
import type { StageMeter } from "../stream/stage.ts";
import type { Counts, Sealed } from "../stream/to-writable.ts";
import { type JobPlan, readsEverything } from "./plan-job.ts";
import type { Guarantee, Receipt, ReceiptFile } from "./receipt.ts";
import type { FailedAttempt } from "./retry.ts";

/** One commit of a run: its last, or that of a checkpoint. */
export interface RunCommit {
  readonly attempt: Attempt;
  readonly sealed: Sealed;
  readonly result: CommitResult;
}

/** What a run knows of itself at any moment. */
export interface RunFacts {
  readonly plan: JobPlan;
  readonly guarantee: Guarantee;
  readonly runId: string;
  /** Where each split could be resumed before the run. */
  readonly positionsBefore: Positions;
  readonly commits: readonly RunCommit[];
  /** Tries before this run. */
  readonly failed: readonly FailedAttempt[];
  readonly splits: readonly Split[];
  readonly bytesRead: number;
  readonly cursor: Receipt["source"]["cursor"];
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly durationMs: number;
  readonly meters: Readonly<Record<string, StageMeter>>;
  readonly warnings: readonly string[];
}

/** The receipt of a run, by what it has committed. */
export function buildReceipt(run: RunFacts): Receipt {
  const { plan, commits } = run;
  const { job, place, reader, transforms, writer } = plan;
  const committed = commits.filter(isCommitted);
  const files = committed.flatMap(filesOf);
  const counts = sumCounts(commits);
  const positions = Object.fromEntries(commits.flatMap(({ sealed }) => [...sealed.positions]));
  return {
    format: RECEIPT_FORMAT,
    runId: run.runId,
    status: committed.length > 0 ? "committed" : "unchanged",
    job: {
      tenant: job.tenantId,
      name: plan.name,
      file: job.file,
      environment: job.environment,
      hash: jobHashOf(place.jobKey),
      seq: committed.at(-1)?.attempt.token.seq,
    },
    commits: describeCommits(commits),
    failedAttempts: run.failed,
    guarantee: run.guarantee,
    counts,
    source: {
      connector: job.source.connector,
      reader: reader.name,
      splits: run.splits.length,
      alreadyLoaded: readsEverything(job) ? 0 : countLoaded(run.splits, run.positionsBefore, positions),
      bytesRead: run.bytesRead,
      cursor: run.cursor,
    },
    target: {
      connector: job.target.connector,
      writer: writer.name,
      path: job.target.path,
      ...formatOf(plan),
      mode: job.target.writeMode,
      schema: (commits.findLast(({ sealed }) => sealed.schema)?.sealed.schema?.fields ?? []).map(
        ({ name, type, nullable }) => ({
          name,
          type: formatType(type),
          nullable,
        }),
      ),
    },
    files,
    checksums: addChecksums(files.map(({ checksums }) => checksums)),
    rejects: { count: counts.rejected, path: commits.findLast(hasRejects)?.attempt.rejectsPath },
    contract: { name: job.asset.name, version: job.asset.version, fingerprint: job.asset.fingerprint },
    plugins: [reader, ...transforms, writer].flatMap(describePlugin),
    tags: job.tags,
    positions,
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

function describePlugin({
  name,
  sha256,
  version,
  previousSha256,
  isolation,
}: JobPlan["reader" | "writer"] | JobPlan["transforms"][number]): Receipt["plugins"] {
  if (sha256 === undefined) return [];
  const { sandbox } = isolation ?? {};
  const ran = { isolation: isolation ? "process" : "in_process", sandbox: sandbox !== undefined } as const;
  return [{ path: name, sha256, version, previousSha256, ...ran, network: sandbox?.network ?? true }];
}

/** How the files were written, so that they can be read again: only what a writer of our own is known to take. */
function formatOf({
  job: { target },
  publishesFiles,
}: JobPlan): Pick<Receipt["target"], "format" | "options" | "partitioning"> {
  if (!publishesFiles || target.custom !== undefined) return {};
  const { engine, partitioning } = target.config;
  const { target_size_mb: _, ...options } = engine.options as Record<string, unknown>;
  return { format: target.format, options, ...(partitioning.length > 0 ? { partitioning } : {}) };
}

/** What a run has published so far, by commits. */
export function describeCommits(commits: readonly RunCommit[]): Receipt["commits"] {
  return commits.filter(isCommitted).map(({ attempt, sealed: { counts } }) => ({
    seq: attempt.token.seq,
    runId: attempt.token.runId,
    written: counts.written,
    rejected: counts.rejected,
    rejects: attempt.rejectsPath,
  }));
}

function isCommitted({ result }: RunCommit): boolean {
  return result.status !== "unchanged";
}

function hasRejects({ attempt }: RunCommit): boolean {
  return attempt.rejectsPath !== undefined;
}

function sumCounts(commits: readonly RunCommit[]): Counts {
  const sum = (key: keyof Counts): number => commits.reduce((total, { sealed }) => total + sealed.counts[key], 0);
  return {
    read: sum("read"),
    added: sum("added"),
    filtered: sum("filtered"),
    rejected: sum("rejected"),
    written: sum("written"),
  };
}

/** Files as they stand in the target, or as the writer reported them. */
function filesOf({ attempt: { committed }, sealed }: RunCommit): ReceiptFile[] {
  if (committed && committed.files.length > 0) {
    return committed.files.map(({ staged: _, upload: __, ...file }) => file);
  }
  return sealed.files.map((file) => ({
    path: basename(file.path),
    sizeBytes: file.sizeBytes,
    rows: file.recordCount,
    checksums: checksumsIn(file),
  }));
}

type Positions = Readonly<Record<string, Position>>;

/** Splits that had a position and gave no new one. */
function countLoaded(splits: readonly Split[], before: Positions, after: Positions): number {
  return splits.filter(({ id }) => Object.hasOwn(before, id) && !Object.hasOwn(after, id)).length;
}
