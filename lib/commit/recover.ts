import { basename, dirname } from "node:path";
import { DativoError } from "../contract/errors.ts";
import type { BaseWriter, WriterClass } from "../contract/writer.ts";
import { removeTemporaries } from "../storage/durable.ts";
import { reach } from "../storage/fail-point.ts";
import { askTarget, commitByWriter } from "./commit-by-writer.ts";
import type { LedgerPlace, LedgerTools } from "./ledger.ts";
import { type CommitRecord, numberBefore } from "./record.ts";

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
  const { books, target, stateFile } = place;
  await books.tidy();
  if (stateFile !== undefined) await removeTemporaries(dirname(stateFile), basename(stateFile));
  const settled = new Set<string>();
  for (const pending of await books.pending()) {
    const record = await pending.read();
    const did = await new Recovery(place, tools, record).settle(!pending.isRetracted);
    if (!settled.has(record.runId)) tools.onRecovery?.({ did, runId: record.runId, seq: record.seq });
    settled.add(record.runId);
    await books.forget(record);
  }
  const latest = await books.latest();
  if (latest) await target?.moveReplaced(latest);
  for (const runId of await books.staged()) {
    await books.clear(runId);
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
    this.#staging = place.books.scratch(record.runId);
  }

  async settle(isPrepared: boolean): Promise<"finished" | "undid"> {
    const { books } = this.#place;
    const { seq, runId } = this.#record;
    if ((await books.decided(seq))?.runId === runId) return "finished";
    const last = (await books.latest())?.seq ?? 0;
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
    const { target } = this.#place;
    if (!target) return true;
    if (!(await target.isWhole(this.#record))) return false;
    await target.publish(this.#record);
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
    const pending = await this.#place.books.pending();
    return !pending.some(({ runId, isRetracted }) => !isRetracted && runId === details["runId"]);
  }

  async #decide(): Promise<boolean> {
    const { books } = this.#place;
    await books.keepRejects(this.#record.runId);
    return (await books.decide(this.#record)) === this.#record.runId;
  }

  async #rollBack(): Promise<"finished" | "undid"> {
    const { books, target } = this.#place;
    const { runId, writerFiles } = this.#record;
    const { decided } = await books.retract(this.#record);
    if (decided === runId) return "finished";
    await target?.unpublish(this.#record);
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
}
