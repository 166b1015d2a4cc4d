import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ControlPaths } from "./places.ts";
import { type CommitRecord, numberBefore, readDecided } from "./record.ts";

/** How many records and files are looked at, the newest first, so that a long history costs no more than a short one. */
const MAX_LOOKS = 1_000;

/** Says so when files that commits have published are not there any more, or not as they were. */
export async function describeMissing(
  paths: ControlPaths,
  target: string,
  latest: CommitRecord | undefined,
): Promise<string | undefined> {
  const missing: string[] = [];
  let looks = 0;
  let files = 0;
  for (let record = latest; record && looks < MAX_LOOKS; looks++) {
    for (const file of record.files.slice(0, MAX_LOOKS - looks)) {
      const facts = await stat(join(target, file.path)).catch(() => undefined);
      if (facts?.size !== file.sizeBytes) missing.push(file.path);
      files++;
    }
    looks += record.files.length;
    record = record.mode === "overwrite" ? undefined : await readDecided(paths, numberBefore(record));
  }
  if (missing.length === 0) return undefined;
  return `Files that this job has published are gone or changed: ${missing.length} of ${files}, ${missing[0]} for one; --full-refresh loads everything again`;
}
