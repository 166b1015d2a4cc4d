import { DativoError, type ErrorCode } from "../contract/errors.ts";
import { type CommitResult, type CommitToken, type FileMetadata, isSuccess } from "../contract/results.ts";
import type { BaseWriter } from "../contract/writer.ts";

/**
 * Has a writer make the files of a new run visible. A number that the target has from another run is refused before: an
 * idempotent writer would take the commit for done and lose it.
 */
export async function commitFirst(
  writer: BaseWriter,
  files: readonly FileMetadata[],
  token: CommitToken,
): Promise<CommitResult> {
  await askTarget(writer, token).catch((error: unknown) => {
    if ((error as DativoError).code === "DTV_COMMIT_CONFLICT") throw error;
  });
  return commitByWriter(writer, files, token);
}

/**
 * Has a writer make its files visible in a target of its own. What went wrong may have gone wrong after the effect, so
 * the target is asked then.
 *
 * @throws DativoError DTV_PLUGIN_FAILED when the target has not got the commit, DTV_OUTCOME_UNKNOWN when it cannot say.
 */
export async function commitByWriter(
  writer: BaseWriter,
  files: readonly FileMetadata[],
  token: CommitToken,
): Promise<CommitResult> {
  let result: CommitResult | undefined;
  let cause: unknown;
  try {
    result = (await writer.commitFiles?.(files, token)) ?? { status: "success" };
    if (isSuccess(result)) return result;
  } catch (error) {
    cause = error;
  }
  const reason = result ? `it returned the status '${result.status}'` : reasonOf(cause);
  const found = await askTarget(writer, token);
  if (found) return found;
  // Without `committed`, a status is an answer and an error is none.
  const isKnown = writer.committed !== undefined || result !== undefined;
  throw failure(isKnown ? "DTV_PLUGIN_FAILED" : "DTV_OUTCOME_UNKNOWN", writer, "commitFiles", reason, cause);
}

/**
 * What the target itself says of a commit; undefined when it has not got it, or the writer has no way to ask.
 *
 * @throws DativoError DTV_OUTCOME_UNKNOWN when the target does not answer, DTV_COMMIT_CONFLICT when another run has
 * made this commit there.
 */
export async function askTarget(writer: BaseWriter, token: CommitToken): Promise<CommitResult | undefined> {
  let found: CommitResult | undefined;
  try {
    found = await writer.committed?.(token);
  } catch (cause) {
    throw failure("DTV_OUTCOME_UNKNOWN", writer, "committed", reasonOf(cause), cause);
  }
  if (!found || !isSuccess(found)) return undefined;
  if (found.runId === undefined || found.runId === token.runId) return found;
  throw new DativoError("DTV_COMMIT_CONFLICT", `The target has sequence ${token.seq} from run ${found.runId}`, {
    culprit: writer.constructor.name,
    hint: "Two places keep books for one target, or its books were lost. Use one STATE_DIR, or give the job another name.",
    details: { runId: found.runId },
  });
}

function failure(code: ErrorCode, writer: BaseWriter, hook: string, reason: string, cause: unknown): DativoError {
  return new DativoError(code, `${hook}() of ${writer.constructor.name} failed: ${reason}`, {
    culprit: writer.constructor.name,
    hint:
      code === "DTV_OUTCOME_UNKNOWN"
        ? "Whether the target has the records is unknown; the next run finds out, or commits them again."
        : undefined,
    cause,
  });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
