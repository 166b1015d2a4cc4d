import type { Books, FileTarget } from "./books.ts";
import { type CommitRecord, numberBefore } from "./record.ts";

/** How many records and files are looked at, the newest first, so that a long history costs no more than a short one. */
const MAX_LOOKS = 1_000;

/** Says so when files that commits have published are not there any more, or not as they were. */
export async function describeMissing(
  books: Books,
  target: FileTarget,
  latest: CommitRecord | undefined,
): Promise<string | undefined> {
  const missing: string[] = [];
  let looks = 0;
  let files = 0;
  for (let record = latest; record && looks < MAX_LOOKS; looks++) {
    for (const file of record.files.slice(0, MAX_LOOKS - looks)) {
      if ((await target.sizeOf(file.path)) !== file.sizeBytes) missing.push(file.path);
      files++;
    }
    looks += record.files.length;
    record = record.mode === "overwrite" ? undefined : await books.decided(numberBefore(record));
  }
  if (missing.length === 0) return undefined;
  return `Files that this job has published are gone or changed: ${missing.length} of ${files}, ${missing[0]} for one; --full-refresh loads everything again`;
}
