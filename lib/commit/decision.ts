import { DativoError } from "../contract/errors.ts";
import type { CommitRecord } from "./record.ts";

/** `winner` is the run whose record stands; without one, another run took this one back. */
export function conflict({ seq, runId }: CommitRecord, winner: string | undefined, cause?: unknown): DativoError {
  const what =
    winner === undefined
      ? `Another run took run ${runId} for dead and took it back`
      : `Run ${winner} committed sequence ${seq} first`;
  return new DativoError("DTV_COMMIT_CONFLICT", what, {
    hint: "Nothing of this run is in the target. Run again; what the other run loaded will not be loaded twice.",
    cause,
  });
}

export function nameTaken(path: string): DativoError {
  return new DativoError("DTV_COMMIT_CONFLICT", `${path} exists and is not what this run wrote`, {
    culprit: path,
    hint: "Nothing was overwritten. Move the file away and run again.",
  });
}

/** The next run decides by the manifest, which stays. */
export function halfDone(cause: unknown): DativoError {
  return new DativoError("DTV_OUTCOME_UNKNOWN", "The commit failed half-way and could not be taken back", {
    hint: "The next run finishes it or takes it back.",
    cause,
  });
}
