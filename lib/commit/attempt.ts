import { rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Clock, Log } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import type { Reject } from "../contract/reject.ts";
import type { CommitResult, CommitToken } from "../contract/results.ts";
import type { Storage } from "../contract/storage.ts";
import { unwritable } from "../contract/unwritable.ts";
import type { BaseWriter } from "../contract/writer.ts";
import { createFile, makeFolder, syncFolder } from "../storage/durable.ts";
import { exists } from "../storage/exists.ts";
import { reach } from "../storage/fail-point.ts";
import type { Sealed } from "../stream/to-writable.ts";
import { commitFirst } from "./commit-by-writer.ts";
import { conflict, decide, retract } from "./decision.ts";
import { sealDocument } from "./document.ts";
import type { LedgerPlace } from "./ledger.ts";
import { publishedName, runFolderName } from "./places.ts";
import { halfDone, moveReplaced, publishFiles, unpublishFiles } from "./publish.ts";
import { COMMIT_FORMAT, type CommitRecord, type EndState, type PublishedFile, startOf } from "./record.ts";
import { keepRejects, RejectsFile } from "./rejects-file.ts";
import { describeSchemaChange, fieldsOf } from "./schema-change.ts";
import { describeAllStaged, findStaged, StagingStorage } from "./staging.ts";
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
  readonly #staging: string;
  #isPrepared = false;
  #committed: CommitRecord | undefined;

  constructor(init: AttemptInit) {
    this.#init = init;
    this.token = init.token;
    this.#staging = init.place.paths.staging(init.token.runId);
    this.#rejects = new RejectsFile(init.place.paths.stagedRejects(init.token.runId), {
      run_id: init.token.runId,
      asset: init.asset.name,
      asset_version: init.asset.version,
    });
  }

  /** The run's staging folder, made now. */
  async stage(): Promise<string> {
    try {
      await makeFolder(this.#staging);
      await reach("K04");
    } catch (cause) {
      throw unwritable(this.#staging, cause);
    }
    return this.#staging;
  }

  get storage(): Storage {
    return new StagingStorage(this.#staging, this.#init.storage);
  }

  /** What the run has committed, once it has. */
  get committed(): CommitRecord | undefined {
    return this.#committed;
  }

  get rejectsPath(): string | undefined {
    return this.#rejects.count > 0 ? this.#init.place.paths.rejectsOf(this.token.runId) : undefined;
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
    await keepRejects(this.#init.place.paths, this.token.runId);
    await rm(this.#staging, { recursive: true, force: true });
    await removeIfEmpty(this.#init.place.paths.stagingRoot);
    return { rejectsPath: this.rejectsPath };
  }

  /** What is to be made visible. When that cannot be told, nothing of the run remains. */
  async #describe(sealed: Sealed): Promise<CommitRecord> {
    try {
      return await this.#recordOf(sealed);
    } catch (cause) {
      await this.#drop(sealed, cause);
      throw unwritable(this.#init.place.paths.root, cause);
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
    else if (!sealed.writer.commitFiles) await refuseUnpublished(sealed, this.#staging);
    const files = publishes ? await describeAllStaged(this.#staging, sealed.files, publishedAs) : [];
    await this.#rejects.seal();
    await reach("K08");
    await this.#syncStaging(files);
    await reach("K09");
    return {
      format: COMMIT_FORMAT,
      ...this.token,
      ...gapAfter(latest, this.token),
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

  /** Files may lie in folders, and these in others, which a writer may have made by itself. */
  async #syncStaging(files: readonly PublishedFile[]): Promise<void> {
    const staging = await this.stage();
    const folders = new Set([staging]);
    for (const { staged } of files) {
      for (let at = dirname(join(staging, staged)); !folders.has(at); at = dirname(at)) folders.add(at);
    }
    for (const folder of folders) await syncFolder(folder);
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
    const { paths } = this.#init.place;
    const { seq, runId } = record;
    try {
      await makeFolder(paths.commits);
      await makeFolder(paths.pending);
      const manifest = sealDocument({ ...record });
      await createFile(paths.manifest(seq, runId), manifest, runId, ["K10", "K11", "K12"]);
      this.#isPrepared = true;
      await reach("K13");
    } catch (cause) {
      throw unwritable(paths.root, cause);
    }
  }

  async #publish(writer: BaseWriter, record: CommitRecord): Promise<CommitResult | undefined> {
    const { target, paths } = this.#init.place;
    await keepRejects(paths, this.token.runId);
    if (writer.commitFiles && record.counts["written"] !== 0) {
      await reach("K14");
      return commitFirst(writer, record.writerFiles, this.token);
    }
    if (target === undefined) return undefined;
    await publishFiles(paths, target, record).catch((cause: unknown) => {
      throw unwritable(target, cause);
    });
    return undefined;
  }

  /** The one decision: the manifest gets the name of the commit record, which nothing can take twice. */
  async #decide(record: CommitRecord, sealed: Sealed): Promise<void> {
    const { paths } = this.#init.place;
    let winner: string | undefined;
    try {
      winner = await decide(paths, record);
    } catch (cause) {
      // A record that stands, perhaps unsynced, is not for this run to judge, and what a writer has committed stays.
      if (sealed.writer.commitFiles || (await exists(paths.commit(record.seq)))) throw halfDone(cause);
      return this.#takeBack(record, unwritable(paths.commits, cause), sealed);
    }
    if (winner !== record.runId) await this.#takeBack(record, conflict(record, winner));
  }

  /**
   * Undoes the run and throws `cause`; or returns, because a run that took this one for dead has committed it, and
   * nothing of it may be touched. `sealed` is given when the writer, too, is to remove what it staged.
   */
  async #takeBack(record: CommitRecord, cause: unknown, sealed?: Sealed): Promise<void> {
    const { paths, target } = this.#init.place;
    let decision: { decided: string | undefined; first: boolean };
    try {
      await reach("K29");
      decision = await retract(paths, record);
      if (decision.decided === record.runId) return;
      if (target !== undefined) await unpublishFiles(paths, target, record);
    } catch (fault) {
      throw halfDone(fault);
    }
    await quietly(async () => sealed?.writer.abortFiles(sealed.files, cause));
    await quietly(() => keepRejects(paths, this.token.runId));
    await quietly(() => this.#clean(record));
    const { decided, first } = decision;
    throw decided === undefined && (first || !this.#isPrepared) ? cause : conflict(record, decided, cause);
  }

  async #advance(record: CommitRecord): Promise<void> {
    const { place } = this.#init;
    await reach("K19");
    if (place.target !== undefined) await moveReplaced(place.paths, place.target, record);
    const { stateFile } = place;
    if (stateFile !== undefined) {
      await writeStateFile(stateFile, record).catch((cause: unknown) => {
        throw unwritable(stateFile, cause);
      });
    }
    await reach("K23");
  }

  async #clean(record: CommitRecord): Promise<void> {
    const { paths } = this.#init.place;
    await rm(paths.manifest(record.seq, record.runId), { force: true });
    await rm(paths.retracted(record.seq, record.runId), { force: true });
    await reach("K24");
    await rm(this.#staging, { recursive: true, force: true });
    await removeIfEmpty(paths.stagingRoot);
    await removeIfEmpty(paths.pending);
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

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {});
}
