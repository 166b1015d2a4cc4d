import type { AssetDefinition } from "../contract/asset.ts";
import type { Clock, Log } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import type { Storage } from "../contract/storage.ts";
import { makeFolder } from "../storage/durable.ts";
import { unwritable } from "../storage/staged-file.ts";
import { Attempt } from "./attempt.ts";
import { JobLock } from "./lock.ts";
import type { ControlPaths } from "./places.ts";
import { type CommitRecord, type EndState, listLiveFiles } from "./record.ts";
import { recover, type WithWriter } from "./recover.ts";
import { newRunId } from "./run-id.ts";
import { readStateFile, writeStateFile } from "./state-file.ts";

/** Where a job keeps its books and where its records go. */
export interface LedgerPlace {
  readonly jobKey: string;
  readonly paths: ControlPaths;
  /** The folder into which the engine publishes files; undefined when the writer has a target of its own. */
  readonly target: string | undefined;
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

/** The commits of one job: what was committed last, and the one attempt that may follow. Holds the job's lock. */
export class Ledger {
  readonly place: LedgerPlace;
  readonly latest: CommitRecord | undefined;
  readonly runId: string;
  readonly #tools: LedgerTools;
  readonly #lock: JobLock;

  private constructor(
    place: LedgerPlace,
    tools: LedgerTools,
    runId: string,
    lock: JobLock,
    latest: CommitRecord | undefined,
  ) {
    this.place = place;
    this.#tools = tools;
    this.runId = runId;
    this.#lock = lock;
    this.latest = latest;
  }

  /**
   * Locks the job, brings in order what earlier runs left, and checks that state and target agree.
   *
   * @throws DativoError DTV_LOCKED, DTV_STATE_CORRUPT, DTV_TARGET_BEHIND, DTV_TARGET_UNWRITABLE
   */
  static async open(place: LedgerPlace, tools: LedgerTools): Promise<Ledger> {
    const runId = newRunId();
    const lock = await lockJob(place, runId);
    try {
      const latest = await recover(place, tools);
      await agree(place, latest, tools.log);
      return new Ledger(place, tools, runId, lock, latest);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** What the next run starts from. */
  get state(): EndState {
    return this.latest?.endState ?? { positions: {}, values: {} };
  }

  /** Begins the run: nothing is written yet. */
  async begin(asset: AssetDefinition, mode: "append" | "overwrite"): Promise<Attempt> {
    const { paths } = this.place;
    return new Attempt({
      place: this.place,
      ...this.#tools,
      asset,
      mode,
      token: { jobKey: this.place.jobKey, seq: (this.latest?.seq ?? 0) + 1, runId: this.runId },
      startState: this.state,
      replaces: mode === "overwrite" ? await listLiveFiles(paths, this.latest) : [],
    });
  }

  /** Unlocks. What the run did stands, whether or not that goes well. */
  async close(): Promise<void> {
    await this.#lock.release().catch((cause: unknown) => {
      this.#tools.log.warn(`The lock of the job was left behind: ${String(cause)}`);
    });
  }
}

async function lockJob(place: LedgerPlace, runId: string): Promise<JobLock> {
  try {
    // The target folder is everyone's, the bookkeeping inside it is ours.
    if (place.target !== undefined) await makeFolder(place.target, 0o777);
    await makeFolder(place.paths.root);
    return await JobLock.acquire(place.paths.lock, runId);
  } catch (cause) {
    throw unwritable(place.target ?? place.paths.root, cause);
  }
}

/** The target's own record wins over the state file; a state file ahead of it means that the target was set back. */
async function agree(place: LedgerPlace, latest: CommitRecord | undefined, log: Log): Promise<void> {
  if (place.stateFile === undefined) return;
  const state = await readStateFile(place.stateFile);
  const behind = (state?.seq ?? 0) - (latest?.seq ?? 0);
  if (behind > 0) {
    throw new DativoError(
      "DTV_TARGET_BEHIND",
      `The state says that ${state?.seq} commits were made, the target knows ${latest?.seq ?? 0}`,
      {
        culprit: place.stateFile,
        hint: `The target was emptied or restored. To load everything again, remove ${place.stateFile}.`,
      },
    );
  }
  if (latest && behind < 0) {
    await writeStateFile(place.stateFile, latest);
    log.info("Brought the state up to the target's own record", { seq: latest.seq });
  }
}
