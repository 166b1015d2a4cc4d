import type { ColumnChecksum } from "../contract/checksums.ts";
import { DativoError } from "../contract/errors.ts";
import type { FileMetadata, Position } from "../contract/results.ts";
import type { StagedRef } from "../storage/object/object-store.ts";
import type { Books } from "./books.ts";
import { type DocumentKind, parseDocument } from "./document.ts";

export const COMMIT_FORMAT = "dativo.commit/1";

/** What the next run starts from. */
export interface EndState {
  readonly positions: Readonly<Record<string, Position>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A file that a run publishes itself, from its staging folder into the target folder. Paths are relative to those. */
export interface PublishedFile {
  readonly staged: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly rows: number | undefined;
  /** What its columns hold, where the writer said so. */
  readonly checksums?: readonly ColumnChecksum[] | undefined;
  /** In a bucket: by which anybody can give it its key. */
  readonly upload?: StagedRef | undefined;
}

/**
 * What a run is about to make visible. It is written twice: as the manifest, from which a run that died is rolled
 * forward, and, under its sequence number, as the commit record, which is the decision.
 */
export interface CommitRecord {
  readonly format: typeof COMMIT_FORMAT;
  readonly jobKey: string;
  readonly seq: number;
  readonly runId: string;
  readonly writtenAt: string;
  /** `reset`: nothing was read or written, and the next run reads everything. */
  readonly mode: "append" | "overwrite" | "reset";
  /** The number of the record before, where that is not one less: the state was ahead of a target that was set back. */
  readonly follows?: number | undefined;
  /** The run that can never have this number, because of this record, which says nothing else. */
  readonly retracts?: string | undefined;
  /** The folder in the target that holds the files of this run and no others; undefined where they lie side by side. */
  readonly runFolder: string | undefined;
  /** Files that the engine publishes. */
  readonly files: readonly PublishedFile[];
  /** Files and batches that the writer publishes with `commitFiles`. */
  readonly writerFiles: readonly FileMetadata[];
  /** Published files of earlier runs that this one replaces. */
  readonly replaces: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** Of what was written, else of what had been written before. */
  readonly schemaFingerprint: string | undefined;
  readonly fields: Readonly<Record<string, string>> | undefined;
  /** False where the store honoured no conditions when this was written. */
  readonly isGuarded?: false | undefined;
  readonly contract: { readonly name: string; readonly version: string; readonly fingerprint: string };
  readonly endState: EndState;
}

const RECORD: DocumentKind = {
  format: COMMIT_FORMAT,
  code: "DTV_COMMIT_RECORD",
  hint: "Nothing is read from it. Restore it from a backup of the target.",
};

/** A manifest or commit record from its text. @throws DativoError DTV_COMMIT_RECORD */
export function parseRecord(text: string, path: string): CommitRecord {
  return parseDocument<CommitRecord>(text, path, RECORD);
}

/** What a run starts from that follows this commit. */
export function startOf(latest: CommitRecord | undefined): EndState {
  return latest?.endState ?? { positions: {}, values: {} };
}

/** The number of the record that a record follows. */
export function numberBefore({ seq, follows = seq - 1 }: Pick<CommitRecord, "seq" | "follows">): number {
  return follows;
}

/** The commits whose data was not replaced since, the newest first. */
export async function* liveRecords(books: Books, latest: CommitRecord | undefined): AsyncGenerator<CommitRecord> {
  for (let record = latest; record; record = await readBefore(books, record)) {
    yield record;
    if (record.mode === "overwrite") return;
  }
}

/** Every file that the job's commits have made visible and not replaced since, oldest first. */
export async function listLiveFiles(books: Books, latest: CommitRecord | undefined): Promise<PublishedFile[]> {
  const live: (readonly PublishedFile[])[] = [];
  for await (const { files } of liveRecords(books, latest)) live.push(files);
  return live.reverse().flat();
}

async function readBefore(books: Books, record: CommitRecord): Promise<CommitRecord | undefined> {
  const seq = numberBefore(record);
  if (seq <= 0) return undefined;
  const before = await books.decided(seq);
  if (before) return before;
  throw new DativoError("DTV_COMMIT_RECORD", `${books.commitPath(seq)} is not there, and later commits follow it`, {
    culprit: books.commitPath(seq),
    hint: RECORD.hint,
  });
}
