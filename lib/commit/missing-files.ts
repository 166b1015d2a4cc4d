import type { Books, FileTarget } from "./books.ts";
import { inParallel } from "./in-parallel.ts";
import { type CommitRecord, numberBefore, type PublishedFile } from "./record.ts";

/** How many records and files are looked at, the newest first, so that a long history costs no more than a short one. */
const MAX_LOOKS = 1_000;

/** In a bucket each look is a wait of tens of milliseconds, before every run. */
const LOOKS_AT_ONCE = 8;

/** Says so when files that commits have published are not there any more, or not as they were. */
export async function describeMissing(
  books: Books,
  target: FileTarget,
  latest: CommitRecord | undefined,
): Promise<string | undefined> {
  const files = await newestFiles(books, latest);
  const sizes = await inParallel(files, LOOKS_AT_ONCE, ({ path }) => target.sizeOf(path));
  const missing = files.filter(({ sizeBytes }, index) => sizes[index] !== sizeBytes);
  if (missing.length === 0) return undefined;
  return `Files that this job has published are gone or changed: ${missing.length} of ${files.length}, ${missing[0]?.path} for one; --full-refresh loads everything again`;
}

async function newestFiles(books: Books, latest: CommitRecord | undefined): Promise<PublishedFile[]> {
  const found: PublishedFile[] = [];
  const decided = readingAhead(books);
  let looks = 0;
  for (let record = latest; record && looks < MAX_LOOKS; looks++) {
    found.push(...record.files.slice(0, MAX_LOOKS - looks));
    looks += record.files.length;
    record = record.mode === "overwrite" ? undefined : await decided(numberBefore(record));
  }
  return found;
}

/** Each record says the number of the one before it, which nearly always is the next lower one. */
function readingAhead(books: Books): (seq: number) => Promise<CommitRecord | undefined> {
  const underWay = new Map<number, Promise<CommitRecord | undefined>>();
  return async (seq) => {
    for (let ahead = seq; ahead > Math.max(0, seq - LOOKS_AT_ONCE); ahead--) {
      if (underWay.has(ahead)) continue;
      const reading = books.decided(ahead);
      // One that nobody asks for is no fault.
      reading.catch(() => undefined);
      underWay.set(ahead, reading);
    }
    const record = await underWay.get(seq);
    underWay.delete(seq);
    return record;
  };
}
