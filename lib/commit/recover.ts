import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DativoError } from "../contract/errors.ts";
import type { BaseWriter, WriterClass } from "../contract/writer.ts";
import { makeFolder, removeTemporaries, syncFolder } from "../storage/durable.ts";
import { exists } from "../storage/exists.ts";
import { reach } from "../storage/fail-point.ts";
import { askTarget, commitByWriter } from "./commit-by-writer.ts";
import { decide, retract } from "./decision.ts";
import type { LedgerPlace, LedgerTools } from "./ledger.ts";
import { moveReplaced, publishFiles, unpublishFiles } from "./publish.ts";
import { isFile } from "./published-file.ts";
import { type CommitRecord, listFolder, numberBefore, readDecided, readLatest, readRecord } from "./record.ts";
import { keepRejects } from "./rejects-file.ts";

/** Makes the job's writer for one piece of work, and closes it. Neither `open` nor `writeBatch` has been called. */
export type WithWriter = <T>(staging: string, work: (writer: BaseWriter) => Promise<T>) => Promise<T>;

/** Something that an earlier run had left to do. */
export type RecoveryEvent =
  | { readonly did: "finished" | "undid"; readonly runId: string; readonly seq: number }
  /** What a run had staged that never came to its manifest. */
  | { readonly did: "removed"; readonly runId: string }
  /** The state was missing or older than the target's own record. */
  | { readonly did: "repaired"; readonly seq: number };

/**
 * Finishes or undoes what runs before this one left, under the lock: whatever has no manifest never happened; whatever
 * has one is committed if it can be, else taken back. The lock may have been taken from a run that is only slow, so
 * nothing is removed from the target before its manifest is moved aside.
 *
 * @returns the newest commit record.
 */
export async function recover(place: LedgerPlace, tools: LedgerTools): Promise<CommitRecord | undefined> {
  const { paths, target, stateFile } = place;
  await removeTemporaries(paths.pending);
  if (stateFile !== undefined) await removeTemporaries(dirname(stateFile), basename(stateFile));
  const settled = new Set<string>();
  for (const name of (await listFolder(paths.pending)).sort()) {
    if (!/\.(manifest|retracted)$/.test(name)) continue;
    const path = join(paths.pending, name);
    const record = await readRecord(path);
    const did = await new Recovery(place, tools, record).settle(name.endsWith(".manifest"));
    if (!settled.has(record.runId)) tools.onRecovery?.({ did, runId: record.runId, seq: record.seq });
    settled.add(record.runId);
    await rm(path, { force: true });
    await rm(paths.retracted(record.seq, record.runId), { force: true });
    await syncFolder(paths.pending);
  }
  const latest = await readLatest(paths);
  if (latest && target !== undefined) await moveReplaced(paths, target, latest);
  for (const runId of await listFolder(paths.stagingRoot)) {
    await rm(paths.staging(runId), { recursive: true, force: true });
    if (!settled.has(runId)) tools.onRecovery?.({ did: "removed", runId });
  }
  return latest;
}

/** What becomes of one run that left its manifest. */
class Recovery {
  readonly #place: LedgerPlace;
  readonly #tools: LedgerTools;
  readonly #record: CommitRecord;
  readonly #staging: string;

  constructor(place: LedgerPlace, tools: LedgerTools, record: CommitRecord) {
    this.#place = place;
    this.#tools = tools;
    this.#record = record;
    this.#staging = place.paths.staging(record.runId);
  }

  async settle(isPrepared: boolean): Promise<"finished" | "undid"> {
    const { paths } = this.#place;
    const { seq, runId } = this.#record;
    if ((await readDecided(paths, seq))?.runId === runId) return "finished";
    const last = (await readLatest(paths))?.seq ?? 0;
    if (isPrepared && last === numberBefore(this.#record) && (await this.#publish()) && (await this.#decide())) {
      this.#tools.log.info(`Finished the commit of run ${runId}, which had died`, { runId });
      return "finished";
    }
    return this.#rollBack();
  }

  /** True when everything that the run had to show is visible. */
  async #publish(): Promise<boolean> {
    await reach("K27");
    const { withWriter } = this.#tools;
    if (withWriter && this.#record.counts["written"] !== 0)
      return withWriter(this.#staging, (writer) => this.#publishBy(writer));
    const { paths, target } = this.#place;
    if (!(await this.#isWhole())) return false;
    if (target !== undefined) await publishFiles(paths, target, this.#record);
    return true;
  }

  /**
   * The target says whether it has the commit. If it has not, `commitFiles` is repeated where its arguments say what
   * was staged and that is still there; else the run is read again.
   */
  async #publishBy(writer: BaseWriter): Promise<boolean> {
    const { writerFiles, jobKey, seq, runId } = this.#record;
    const token = { jobKey, seq, runId };
    try {
      if (await askTarget(writer, token)) return true;
      const { durableStaging = true } = writer.constructor as WriterClass;
      if (!durableStaging || writerFiles.length === 0) return false;
      await commitByWriter(writer, writerFiles, token);
      return true;
    } catch (error) {
      if (await this.#isFatal(error, writer)) throw error;
      this.#tools.log.warn(`What run ${runId} had staged is read again: ${(error as Error).message}`);
      return false;
    }
  }

  /** A target that says no is an answer; that it has the commit of a run whose manifest is here as well is one, too. */
  async #isFatal(error: unknown, writer: BaseWriter): Promise<boolean> {
    const { code, details } = error as DativoError;
    if (code === "DTV_OUTCOME_UNKNOWN") return writer.committed !== undefined;
    if (code !== "DTV_COMMIT_CONFLICT") return code !== "DTV_PLUGIN_FAILED";
    return !(await exists(this.#place.paths.manifest(this.#record.seq, String(details["runId"]))));
  }

  async #decide(): Promise<boolean> {
    const { paths } = this.#place;
    await keepRejects(paths, this.#record.runId);
    await makeFolder(paths.commits);
    return (await decide(paths, this.#record)) === this.#record.runId;
  }

  async #rollBack(): Promise<"finished" | "undid"> {
    const { paths, target } = this.#place;
    const { runId, writerFiles } = this.#record;
    const { decided } = await retract(paths, this.#record);
    if (decided === runId) return "finished";
    if (target !== undefined) await unpublishFiles(paths, target, this.#record);
    if (writerFiles.length > 0) await this.#abort();
    this.#tools.log.info(`Rolled back run ${runId}, which had died`, { runId });
    return "undid";
  }

  async #abort(): Promise<void> {
    const { log, withWriter } = this.#tools;
    const cause = new DativoError("DTV_CANCELLED", `Run ${this.#record.runId} died before its commit`);
    const done = withWriter?.(this.#staging, async (writer) => writer.abortFiles(this.#record.writerFiles, cause));
    await done?.catch((fault: unknown) => {
      log.warn(`The writer failed to remove what run ${this.#record.runId} had staged: ${String(fault)}`);
    });
  }

  /** True when every file stands, as the manifest says, at its staged or its final place. */
  async #isWhole(): Promise<boolean> {
    for (const file of this.#record.files) {
      const staged = join(this.#staging, file.staged);
      const place = (await exists(staged)) ? staged : join(this.#place.target ?? "", file.path);
      if (!(await isFile(place, file))) return false;
    }
    return true;
  }
}
