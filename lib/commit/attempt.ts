import { join } from "node:path";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Clock, Log } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import type { Reject } from "../contract/reject.ts";
import type { CommitResult, CommitToken } from "../contract/results.ts";
import type { Storage } from "../contract/storage.ts";
import { unwritable } from "../contract/unwritable.ts";
import type { BaseWriter } from "../contract/writer.ts";
import { reach } from "../storage/fail-point.ts";
import type { Sealed } from "../stream/to-writable.ts";
import type { Retraction, RunStaging } from "./books.ts";
import { commitFirst } from "./commit-by-writer.ts";
import { conflict, halfDone } from "./decision.ts";
import { FolderStaging, findStaged } from "./folder/folder-staging.ts";
import type { LedgerPlace } from "./ledger.ts";
import { publishedName, runFolderName } from "./places.ts";
import { COMMIT_FORMAT, type CommitRecord, type EndState, startOf } from "./record.ts";
import { RejectsFile } from "./rejects-file.ts";
import { describeSchemaChange, fieldsOf } from "./schema-change.ts";
import { writeStateFile } from "./state-file.ts";

export interface AttemptInit {
  readonly place: LedgerPlace;
  readonly log: Log;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly asset: AssetDefinition;
  readonly mode: CommitRecord["mode"];
  readonly token: CommitToken;
  readonly latest: CommitRecord | undefined;
  readonly replaces: readonly string[];
}

/** One run of a job in its target: stage, then prepare, publish, decide, advance, clean, in this order. */
export class Attempt {
  readonly token: CommitToken;
  readonly #init: AttemptInit;
  readonly #rejects: RejectsFile;
  /** Of the run alone, on this machine. */
  readonly #folder: string;
  readonly #staging: RunStaging;
  #isPrepared = false;
  #committed: CommitRecord | undefined;

  constructor(init: AttemptInit) {
    this.#init = init;
    this.token = init.token;
    const { books, target } = init.place;
    const { runId } = init.token;
    this.#folder = books.scratch(runId);
    this.#staging =
      target?.openStaging(runId, this.#folder, init.storage) ?? new FolderStaging(this.#folder, init.storage);
    this.#rejects = new RejectsFile(books.stagedRejects(runId), {
      run_id: runId,
      asset: init.asset.name,
      asset_version: init.asset.version,
    });
  }

  /** The run's staging folder, made now. */
  async stage(): Promise<string> {
    try {
      await this.#init.place.books.stage(this.token.runId);
      await reach("K04");
    } catch (cause) {
      throw unwritable(this.#folder, cause);
    }
    return this.#folder;
  }

  get storage(): Storage {
    return this.#staging.storage;
  }

  /** Sends on what a writer has appended to its files, where they lie elsewhere in the end. */
  get advance(): (() => Promise<void>) | undefined {
    return this.#staging.advance?.bind(this.#staging);
  }

  /** What the run has committed, once it has. */
  get committed(): CommitRecord | undefined {
    return this.#committed;
  }

  get rejectsPath(): string | undefined {
    return this.#rejects.count > 0 ? this.#init.place.books.rejectsPath(this.token.runId) : undefined;
  }

  keepRejects(rejects: readonly Reject[]): Promise<void> {
    return this.#rejects.append(rejects);
  }

  /**
   * Makes what was sealed visible, in one decision. Until the manifest is written everything can be undone, and is when
   * the signal says so; from then on it is finished, by this run or by the next.
   */
  async commit(sealed: Sealed, signal?: AbortSignal): Promise<CommitResult> {
    const record = await this.#describe(sealed);
    if (signal?.aborted) {
      await this.#drop(sealed, signal.reason);
      throw signal.reason;
    }
    if (this.#isNothing(record)) {
      await this.#clean(record);
      return { status: "unchanged", filesAdded: 0, totalRecords: 0 };
    }
    const change = describeSchemaChange(this.#init.latest, record);
    if (change !== undefined) this.#init.log.warn(change);
    const published = await this.#makeVisible(sealed, record);
    this.#committed = record;
    await this.#afterwards("advance the state", () => this.#advance(record));
    await this.#afterwards("clean up", () => this.#clean(record));
    return {
      status: "success",
      filesAdded: record.files.length || record.writerFiles.length,
      totalRecords: sealed.counts.written,
      ...published,
    };
  }

  /** Removes what was staged; the rejected records are kept. */
  async abort(): Promise<{ rejectsPath: string | undefined }> {
    await reach("K29");
    await this.#rejects.seal();
    const { books } = this.#init.place;
    await books.keepRejects(this.token.runId);
    await books.clear(this.token.runId);
    return { rejectsPath: this.rejectsPath };
  }

  /** What is to be made visible. When that cannot be told, nothing of the run remains. */
  async #describe(sealed: Sealed): Promise<CommitRecord> {
    try {
      return await this.#recordOf(sealed);
    } catch (cause) {
      await this.#drop(sealed, cause);
      throw unwritable(this.#init.place.books.root, cause);
    }
  }

  /** What failed first is what the user must hear of; the next run removes what this leaves. */
  async #drop(sealed: Sealed, cause: unknown): Promise<void> {
    await quietly(async () => sealed.writer.abortFiles(sealed.files, cause));
    await quietly(() => this.abort());
  }

  async #recordOf(sealed: Sealed): Promise<CommitRecord> {
    const { place, asset, mode, latest, replaces, clock } = this.#init;
    const { runId } = this.token;
    const publishes = place.target !== undefined && !sealed.writer.commitFiles;
    const runFolder = publishes && place.layout === "run-dir" ? runFolderName(asset.name, runId) : undefined;
    const publishedAs = (staged: string): string =>
      runFolder === undefined ? publishedName(staged, runId) : join(runFolder, staged);
    if (publishes) refuseLoss(sealed);
    else if (!sealed.writer.commitFiles) await refuseUnpublished(sealed, this.#folder);
    const files = publishes ? await this.#staging.describe(sealed.files, publishedAs) : [];
    await this.#rejects.seal();
    await reach("K08");
    await this.#staging.sync(files);
    await reach("K09");
    return {
      format: COMMIT_FORMAT,
      ...this.token,
      ...gapAfter(latest, this.token),
      ...(place.books.isGuarded ? {} : { isGuarded: false }),
      writtenAt: clock.now().toISOString(),
      mode,
      runFolder: files.length > 0 ? runFolder : undefined,
      files,
      writerFiles: publishes ? [] : sealed.files,
      replaces,
      counts: { ...sealed.counts },
      ...schemaOf(sealed, mode === "overwrite" ? undefined : latest),
      contract: { name: asset.name, version: asset.version, fingerprint: asset.fingerprint },
      endState: endStateOf(startOf(latest), sealed, mode),
    };
  }

  /** Nothing to say: no record, no reject, the source stands where it stood, and nothing is replaced. */
  #isNothing({ mode, counts, endState }: CommitRecord): boolean {
    const moved = JSON.stringify(endState) !== JSON.stringify(startOf(this.#init.latest));
    return mode === "append" && counts["written"] === 0 && this.#rejects.count === 0 && !moved;
  }

  /** Prepare, publish, decide. What fails before the decision is taken back, so that nothing is half-visible. */
  async #makeVisible(sealed: Sealed, record: CommitRecord): Promise<CommitResult | undefined> {
    let result: CommitResult | undefined;
    try {
      await this.#prepare(record);
      result = await this.#publish(sealed.writer, record);
    } catch (cause) {
      if (isUnknown(cause)) throw cause;
      await this.#takeBack(record, cause, sealed);
      return undefined;
    }
    await this.#decide(record, sealed);
    return result;
  }

  /** Writes the manifest, from which anybody can finish the run. */
  async #prepare(record: CommitRecord): Promise<void> {
    const { books } = this.#init.place;
    try {
      await books.prepare(record);
      this.#isPrepared = true;
      await reach("K13");
    } catch (cause) {
      throw unwritable(books.root, cause);
    }
  }

  async #publish(writer: BaseWriter, record: CommitRecord): Promise<CommitResult | undefined> {
    const { target, books } = this.#init.place;
    await books.keepRejects(this.token.runId);
    if (writer.commitFiles && record.counts["written"] !== 0) {
      await reach("K14");
      return commitFirst(writer, record.writerFiles, this.token);
    }
    await target?.publish(record).catch((cause: unknown) => {
      throw unwritable(target.uri, cause);
    });
    return undefined;
  }

  /** The one decision: the manifest gets the name of the commit record, which nothing can take twice. */
  async #decide(record: CommitRecord, sealed: Sealed): Promise<void> {
    const { books } = this.#init.place;
    let winner: string | undefined;
    try {
      winner = await books.decide(record);
    } catch (cause) {
      // A record that stands, perhaps unsynced, is not for this run to judge, and what a writer has committed stays.
      if (sealed.writer.commitFiles || (await this.#mayBeDecided(record))) throw halfDone(cause);
      return this.#takeBack(record, unwritable(books.root, cause), sealed);
    }
    if (winner !== record.runId) await this.#takeBack(record, conflict(record, winner));
  }

  async #mayBeDecided({ seq }: CommitRecord): Promise<boolean> {
    const { books } = this.#init.place;
    return books.decided(seq).then(
      (record) => record !== undefined,
      () => true,
    );
  }

  /**
   * Undoes the run and throws `cause`; or returns, because a run that took this one for dead has committed it, and
   * nothing of it may be touched. `sealed` is given when the writer, too, is to remove what it staged.
   */
  async #takeBack(record: CommitRecord, cause: unknown, sealed?: Sealed): Promise<void> {
    const { books, target } = this.#init.place;
    let decision: Retraction;
    try {
      await reach("K29");
      decision = await books.retract(record);
      if (decision.decided === record.runId) return;
      await target?.unpublish(record);
    } catch (fault) {
      throw halfDone(fault);
    }
    await quietly(async () => sealed?.writer.abortFiles(sealed.files, cause));
    await quietly(() => books.keepRejects(this.token.runId));
    await quietly(() => this.#clean(record));
    const { decided, first } = decision;
    throw decided === undefined && (first || !this.#isPrepared) ? cause : conflict(record, decided, cause);
  }

  async #advance(record: CommitRecord): Promise<void> {
    const { place } = this.#init;
    await reach("K19");
    await place.target?.moveReplaced(record);
    const { stateFile } = place;
    if (stateFile !== undefined) {
      await writeStateFile(stateFile, record).catch((cause: unknown) => {
        throw unwritable(stateFile, cause);
      });
    }
    await reach("K23");
  }

  async #clean(record: CommitRecord): Promise<void> {
    const { books } = this.#init.place;
    await books.forget(record);
    await reach("K24");
    await books.clear(record.runId);
    await reach("K25");
  }

  /** After the decision the run has happened: what fails now is finished by the next run and is a warning here. */
  async #afterwards(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#init.log.warn(
        `The commit stands, but to ${what} failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

/** Records that a file writer was given must be in files, or they are nowhere. */
function refuseLoss({ writer, files, counts }: Sealed): void {
  if (files.length > 0 || counts.written === 0) return;
  throw new DativoError("DTV_COUNTS_UNBALANCED", `The writer was given ${counts.written} records and reports no file`, {
    culprit: writer.constructor.name,
    hint: "writeBatch() returns { path, recordCount } of every file it put into outputBase; a writer with a target of its own has commitFiles().",
  });
}

/** Staging is removed after the commit, so that files which nobody publishes would be lost. */
async function refuseUnpublished({ writer, files }: Sealed, staging: string): Promise<void> {
  const lost = await findStaged(staging, files);
  if (lost === undefined) return;
  throw new DativoError(
    "DTV_PLUGIN_RESULT",
    `Nobody publishes what the writer put into its output base: ${lost.path}`,
    {
      culprit: writer.constructor.name,
      hint: "Name a folder in target.connection.path, or give the writer commitFiles().",
    },
  );
}

/** Records that were not written have no schema that anybody could meet. */
function schemaOf(
  { schema, counts }: Sealed,
  before: CommitRecord | undefined,
): Pick<CommitRecord, "schemaFingerprint" | "fields"> {
  if (schema && counts.written > 0) return { schemaFingerprint: schema.fingerprint, fields: fieldsOf(schema) };
  return { schemaFingerprint: before?.schemaFingerprint, fields: before?.fields };
}

/** Numbers count on from a state that is ahead of its target. */
function gapAfter(latest: CommitRecord | undefined, { seq }: CommitToken): Pick<CommitRecord, "follows"> {
  const follows = latest?.seq ?? 0;
  return follows === seq - 1 ? {} : { follows };
}

/** Overwriting forgets what was loaded before, and so does a reset; appending adds to it. */
function endStateOf(start: EndState, sealed: Sealed, mode: CommitRecord["mode"]): EndState {
  const before = mode === "append" ? start : startOf(undefined);
  return {
    positions: { ...before.positions, ...Object.fromEntries(sealed.positions) },
    values: sealed.values ?? before.values,
  };
}

function isUnknown(error: unknown): boolean {
  return error instanceof DativoError && error.code === "DTV_OUTCOME_UNKNOWN";
}

async function quietly(work: () => Promise<unknown>): Promise<void> {
  await work().catch(() => {});
}
