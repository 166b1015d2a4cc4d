/**
 * The decision about a prepared run, which several processes may come to at once: the run itself, and another that
 * took it for dead. Both answers act on the name of its manifest, so that one of them comes first. Once the manifest
 * is moved aside nobody can commit the run any more; once its record stands, nobody may take the run back.
 */
import { rename } from "node:fs/promises";
import { DativoError, systemCode } from "../contract/errors.ts";
import { linkIfAbsent, syncFolder } from "../storage/durable.ts";
import { reach } from "../storage/fail-point.ts";
import type { ControlPaths } from "./places.ts";
import { type CommitRecord, readDecided } from "./record.ts";

/** Makes the manifest the commit record of its number. Returns whose record stands there; undefined: the run was taken back. */
export async function decide(paths: ControlPaths, { seq, runId }: CommitRecord): Promise<string | undefined> {
  try {
    await reach("K17");
    await linkIfAbsent(paths.manifest(seq, runId), paths.commit(seq));
    await reach("K18");
    await syncFolder(paths.commits);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  return (await readDecided(paths, seq))?.runId;
}

/**
 * Moves the manifest aside. Only if the record that stands then, which is returned, is not the run's own may what it
 * has published be removed.
 */
export async function retract(
  paths: ControlPaths,
  { seq, runId }: CommitRecord,
): Promise<{ decided: string | undefined; first: boolean }> {
  const first = await moveAside(paths.manifest(seq, runId), paths.retracted(seq, runId));
  if (first) await syncFolder(paths.pending);
  return { decided: (await readDecided(paths, seq))?.runId, first };
}

/** `winner` is the run whose record stands; without one, another run took this one back. */
export function conflict({ seq, runId }: CommitRecord, winner: string | undefined, cause?: unknown): DativoError {
  const what =
    winner === undefined
      ? `Another run took run ${runId} for dead and took it back`
      : `Run ${winner} committed sequence ${seq} first`;
  return new DativoError("DTV_COMMIT_CONFLICT", what, {
    hint: "Nothing of this run is in the target folder. Run again; what the other run loaded will not be loaded twice.",
    cause,
  });
}

async function moveAside(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}
