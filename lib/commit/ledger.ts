import type { AssetDefinition } from "../contract/asset.ts";
import type { Clock, Log } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import type { Storage } from "../contract/storage.ts";
import { unwritable } from "../contract/unwritable.ts";
import { makeFolder } from "../storage/durable.ts";
import { reach } from "../storage/fail-point.ts";
import { Attempt } from "./attempt.ts";
import { JobLock } from "./lock.ts";
import { describeMissing } from "./missing-files.ts";
import type { ControlPaths } from "./places.ts";
import { type CommitRecord, type EndState, listLiveFiles, startOf } from "./record.ts";
import { recover, type WithWriter } from "./recover.ts";
import { newRunId } from "./run-id.ts";
import { readStateFile, unusable, writeStateFile } from "./state-file.ts";

/** Where a job keeps its books and where its records go. */
export interface LedgerPlace {
  readonly jobKey: string;
  readonly paths: ControlPaths;
  /** The folder into which the engine publishes files; undefined when the writer has a target of its own. */
  readonly target: string | undefined;
  /** Files of all runs side by side in the target folder, or one folder for each run. */
  readonly layout: "flat" | "run-dir";
  /** Undefined for a stock pipeline, whose readers keep no state. */
  readonly stateFile: string | undefined;
}

export interface LedgerTools {
  readonly log: Log;
  readonly clock: Clock;
  readonly storage: Storage;
  /** Given when the job's writer commits by itself: only it can say what became of a run that died. */
  readonly withWriter?: WithWriter | undefined;
}

type WriteMode = "append" | "overwrite";

/** The commits of one job: what was committed last, and the one attempt that may follow. Holds the job's lock. */
export class Ledger {
  readonly place: LedgerPlace;
  readonly latest: CommitRecord | undefined;
  readonly runId: string;
  readonly #tools: LedgerTools;
  readonly #lock: JobLock;
  readonly #mode: WriteMode;
  readonly #seq: number;

  private constructor(
    place: LedgerPlace,
    tools: LedgerTools,
    mode: WriteMode,
    run: Pick<Ledger, "latest" | "runId"> & { readonly lock: JobLock; readonly seq: number },
  ) {
    this.place = place;
    this.#tools = tools;
    this.#mode = mode;
    this.latest = run.latest;
    this.runId = run.runId;
    this.#lock = run.lock;
    this.#seq = run.seq;
  }

  /**
   * Locks the job, brings in order what earlier runs left, and checks that state and target agree.
   *
   * @throws DativoError DTV_LOCKED, DTV_STATE_CORRUPT, DTV_STATE_DIR, DTV_TARGET_BEHIND, DTV_TARGET_UNWRITABLE
   */
  static async open(place: LedgerPlace, tools: LedgerTools, mode: WriteMode = "append"): Promise<Ledger> {
    const runId = newRunId();
    await reach("K00");
    const lock = await lockJob(place, runId);
    try {
      await reach("K01");
      const latest = await recover(place, tools);
      await reach("K02");
      const known = await agree(place, latest, tools.log, mode);
      if (mode === "append") await warnOfMissing(place, latest, tools.log);
      await reach("K03");
      return new Ledger(place, tools, mode, { latest, runId, lock, seq: known + 1 });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** What the next run starts from. */
  get state(): EndState {
    return startOf(this.latest);
  }

  /** Begins the run: nothing is written yet. */
  async begin(asset: AssetDefinition): Promise<Attempt> {
    const { paths, jobKey } = this.place;
    return new Attempt({
      place: this.place,
      ...this.#tools,
      asset,
      mode: this.#mode,
      token: { jobKey, seq: this.#seq, runId: this.runId },
      latest: this.latest,
      replaces: this.#mode === "overwrite" ? await listLiveFiles(paths, this.latest) : [],
    });
  }

  /** Unlocks. What the run did stands, whether or not that goes well. */
  async close(): Promise<void> {
    try {
      await this.#lock.release();
      await reach("K26");
    } catch (cause) {
      this.#tools.log.warn(`The lock of the job was left behind: ${String(cause)}`);
    }
  }
}

async function lockJob(place: LedgerPlace, runId: string): Promise<JobLock> {
  try {
    // The target folder is everyone's, the bookkeeping inside it is ours.
    if (place.target !== undefined) await makeFolder(place.target, 0o777);
    await makeFolder(place.paths.root);
    return await JobLock.acquire(place.paths.lock, runId);
  } catch (cause) {
    throw place.target === undefined ? unusable(place.paths.root, cause) : unwritable(place.target, cause);
  }
}

/**
 * The target's own record wins over the state file. A state file ahead of it means that the target was set back, which
 * only a run that replaces everything may pass over; it counts on from the state, so that no number comes twice.
 *
 * @returns the number of the last commit that either knows.
 */
async function agree(
  { stateFile }: LedgerPlace,
  latest: CommitRecord | undefined,
  log: Log,
  mode: WriteMode,
): Promise<number> {
  const inTarget = latest?.seq ?? 0;
  if (stateFile === undefined) return inTarget;
  const inState = (await readStateFile(stateFile))?.seq ?? 0;
  if (inState > inTarget) {
    const what = `The state says that ${inState} ${inState === 1 ? "commit was" : "commits were"} made, the target knows ${inTarget}`;
    if (mode === "append") throw targetBehind(what, stateFile);
    log.warn(`${what}; what it holds is replaced`);
  }
  if (latest && inState < inTarget) await repairState(stateFile, latest, log);
  return Math.max(inState, inTarget);
}

function targetBehind(what: string, stateFile: string): DativoError {
  return new DativoError("DTV_TARGET_BEHIND", what, {
    culprit: stateFile,
    hint: `The target was emptied or restored. --full-refresh loads everything again; to go on from what the target knows, move ${stateFile} away.`,
  });
}

/** The state is a copy: a run can do without it. */
async function repairState(stateFile: string, latest: CommitRecord, log: Log): Promise<void> {
  try {
    await reach("K28");
    await writeStateFile(stateFile, latest);
    log.info("Brought the state up to the target's own record", { seq: latest.seq });
  } catch (cause) {
    log.warn(unusable(stateFile, cause).message);
  }
}

async function warnOfMissing(
  { paths, target }: LedgerPlace,
  latest: CommitRecord | undefined,
  log: Log,
): Promise<void> {
  const missing = target === undefined ? undefined : await describeMissing(paths, target, latest);
  if (missing !== undefined) log.warn(missing);
}
