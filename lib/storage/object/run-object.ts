import type { ObjectFacts, StagedRef, StagingRun } from "./object-store.ts";

/** Under this name an object tells which run made it. */
export const RUN_ID = "dativo-run-id";

/** True for what a run has published of what it staged. */
export function isPublished(there: ObjectFacts | undefined, { sizeBytes }: StagedRef, { runId }: StagingRun): boolean {
  return there?.runId === runId && there.sizeBytes === sizeBytes;
}
