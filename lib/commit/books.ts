import type { FileMetadata } from "../contract/results.ts";
import type { Storage } from "../contract/storage.ts";
import type { JobLock, LockPlace, LockWait } from "./lock.ts";
import type { CommitRecord, PublishedFile } from "./record.ts";

/**
 * The records of a job: what its runs have decided, prepared and begun. They lie beside the files that they speak of, or,
 * for a target that is no place for files, on their own.
 */
export interface Books {
  /** Folder or URI, for people. */
  readonly root: string;
  /** False where two runs at once could overwrite each other's decision, known once the books are locked. */
  readonly isGuarded: boolean;
  readonly lock: Pick<LockPlace, "read" | "path">;
  /** Where the record of a commit stands, for people. */
  commitPath(seq: number): string;
  /** Where a run's rejects are kept, for people. */
  rejectsPath(runId: string): string;
  /** Makes what the books need, and locks them. */
  acquire(runId: string, wait: LockWait): Promise<JobLock>;
  /** The newest commit record, or undefined before the first commit. */
  latest(): Promise<CommitRecord | undefined>;
  /** The commit record that stands under a number, if any. */
  decided(seq: number): Promise<CommitRecord | undefined>;
  /** Runs that have left their manifest, the oldest number first. */
  pending(): Promise<readonly PendingRun[]>;
  /** Runs that have staged something and not cleaned it up. */
  staged(): Promise<readonly string[]>;
  /** Removes what processes left that died while they wrote a record. */
  tidy(): Promise<void>;
  /** A local folder of a run: the output base of its writer, and scratch. */
  scratch(runId: string): string;
  /** The file there that holds its rejects until they are kept. */
  stagedRejects(runId: string): string;
  /** Notes that a run begins to stage, and makes its folder. */
  stage(runId: string): Promise<void>;
  /** Writes the manifest, from which anybody can finish the run. */
  prepare(record: CommitRecord): Promise<void>;
  /** The one decision: makes the manifest the record of its number. Whose record stands there; undefined: the run was taken back. */
  decide(record: CommitRecord): Promise<string | undefined>;
  /**
   * Has the run never be decided from now on, unless it was. Only if the record that stands then, which is returned, is
   * not the run's own may what it has published be removed.
   */
  retract(record: CommitRecord): Promise<Retraction>;
  /** Removes the manifest of a run that is settled. */
  forget(record: Pick<CommitRecord, "seq" | "runId">): Promise<void>;
  /** Gives the rejects that a run staged their lasting name. Nothing is done when it staged none. */
  keepRejects(runId: string): Promise<void>;
  /** Removes what a run has staged. */
  clear(runId: string): Promise<void>;
}

export interface PendingRun {
  readonly runId: string;
  readonly isRetracted: boolean;
  read(): Promise<CommitRecord>;
}

export interface Retraction {
  readonly decided: string | undefined;
  /** False when another process took the run back before. */
  readonly first: boolean;
}

/** A place that the engine publishes files into. */
export interface FileTarget {
  /** Folder or URI, for people. */
  readonly uri: string;
  /** Makes sure that it is there. */
  open(): Promise<void>;
  /** Opens the staging of a run, whose own folder is there already. */
  openStaging(runId: string, folder: string, source: Storage): RunStaging;
  /**
   * Makes the files of a record visible. Idempotent.
   *
   * @throws DativoError DTV_COMMIT_CONFLICT when a name is taken by something else, which is left alone.
   */
  publish(record: CommitRecord): Promise<void>;
  /** Takes the files of a run that was retracted out of the target again. */
  unpublish(record: CommitRecord): Promise<void>;
  /** Moves the files that a record replaces out of sight; what has moved before is passed over. */
  moveReplaced(record: CommitRecord): Promise<void>;
  /** True when every file stands, as the record says, at its staged or its final place. */
  isWhole(record: CommitRecord): Promise<boolean>;
  /** Size of a published file; undefined where there is none. */
  sizeOf(path: string): Promise<number | undefined>;
}

/** Where a run stages its files. */
export interface RunStaging {
  readonly storage: Storage;
  /** What a file writer staged, as the engine will publish it. A file that was reported each time it grew is one file. */
  describe(files: readonly FileMetadata[], publishedAs: (staged: string) => string): Promise<PublishedFile[]>;
  /** Sends on what a writer has appended to its files by now, where that has far to go. */
  advance?(): Promise<void>;
  /** Makes the names of what was staged durable. */
  sync(files: readonly PublishedFile[]): Promise<void>;
}
