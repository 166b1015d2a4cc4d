import { toDativoError } from "../contract/errors.ts";
import type { Counts } from "../stream/to-writable.ts";
import { buildReceipt, type RunFacts } from "./build-receipt.ts";
import type { Receipt } from "./receipt.ts";

/** What is known of a run that came to no good end. */
export interface FailedFacts extends RunFacts {
  readonly error: unknown;
  /** Of the sink, where records had come to one. */
  readonly counts: Counts | undefined;
}

/** The receipt of a run that failed or was cancelled: how far it came, what it had committed, and why not more. */
export function buildFailedReceipt(run: FailedFacts): Receipt {
  const { code, consequence, message, culprit, hint, details } = toDativoError(
    run.error,
    "DTV_INTERNAL",
    "Unexpected fault",
  );
  const committed = buildReceipt(run);
  const counts = run.counts ?? committed.counts;
  const path = typeof details["rejects"] === "string" ? details["rejects"] : committed.rejects.path;
  return {
    ...committed,
    status: consequence === "cancelled" ? "cancelled" : "failed",
    error: { code, message, culprit, hint },
    // What is on its way has been read, and has come to no sink.
    counts: { ...counts, read: Math.max(counts.read, run.meters["read"]?.rows ?? 0) },
    source: { ...committed.source, alreadyLoaded: 0 },
    rejects: { count: counts.rejected, path },
  };
}
