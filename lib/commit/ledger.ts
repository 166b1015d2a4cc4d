import type { AssetDefinition } from "../contract/asset.ts";
import type { Clock, Log } from "../contract/context.ts";
import type { Storage } from "../contract/storage.ts";
import { reach } from "../storage/fail-point.ts";
import { agree } from "./agreement.ts";
import { Attempt } from "./attempt.ts";
import type { Books, FileTarget } from "./books.ts";
import type { JobLock, LockWait } from "./lock.ts";
import { lockJob } from "./lock-job.ts";
import { describeMissing } from "./missing-files.ts";
import { type CommitRecord, type EndState, listLiveFiles, startOf } from "./record.ts";
import { type RecoveryEvent, recover, type WithWriter } from "./recover.ts";
import { newRunId } from "./run-id.ts";

/** Where a job keeps its books and where its records go. */
export interface LedgerPlace {
  readonly jobKey: string;
  readonly books: Books;
  /** What the engine publishes files into; undefined when the writer has a target of its own. */
  readonly target: FileTarget | undefined;
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
  /** Whether to wait for another run of the job; without it the lock is taken at once or not at all. */
  readonly wait?: Pick<LockWait, "ms" | "signal"> | undefined;
  /** Told of everything that earlier runs had left to do. */
  readonly onRecovery?: ((event: RecoveryEvent) => void) | undefined;
}

type Mode = CommitRecord["mode"];

/** The commits of one job: what was committed last, and the one attempt that may follow. Holds the job's lock. */
export class Ledger {
  readonly place: LedgerPlace;
  #latest: CommitRecord | undefined;
  #runId: string;
  readonly #tools: LedgerTools;
  readonly #lock: JobLock;
  readonly #mode: Mode;
  #seq: number;
  readonly #agrees: boolean;

  private constructor(
    place: LedgerPlace,
    tools: LedgerTools,
    mode: Mode,
    run: Pick<Ledger, "latest" | "runId"> & {
      readonly lock: JobLock;
      readonly seq: number;
      readonly agrees: boolean;
    },
  ) {
    this.place = place;
    this.#tools = tools;
    this.#mode = mode;
    this.#latest = run.latest;
    this.#runId = run.runId;
    this.#lock = run.lock;
    this.#seq = run.seq;
    this.#agrees = run.agrees;
  }

  /**
   * Locks the job, brings in order what earlier runs left, and checks that state and target agree.
   *
   * @throws DativoError DTV_LOCKED, DTV_CANCELLED, DTV_STATE_CORRUPT, DTV_STATE_DIR, DTV_TARGET_BEHIND, DTV_TARGET_UNWRITABLE
   */
  static async open(place: LedgerPlace, tools: LedgerTools, mode: Mode = "append"): Promise<Ledger> {
    const runId = newRunId();
    await reach("K00");
    const lock = await lockJob(place, runId, tools);
    try {
      await reach("K01");
      const latest = await recover(place, tools);
      await reach("K02");
      const { seq, agrees } = await agree(place, latest, tools, mode);
      if (mode === "append") await warnOfMissing(place, latest, tools.log);
      await reach("K03");
      return new Ledger(place, tools, mode, { latest, runId, lock, seq: seq + 1, agrees });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** True when a run before this one died. */
  get hasDead(): boolean {
    return this.#lock.isTakenOver;
  }

  /** What was committed last. */
  get latest(): CommitRecord | undefined {
    return this.#latest;
  }

  /** The run that is under way or may begin; each commit has one of its own. */
  get runId(): string {
    return this.#runId;
  }

  /** What the next run starts from. */
  get state(): EndState {
    return startOf(this.latest);
  }

  /** True when the next run reads everything, by the target's word and by the state's. */
  get startsAnew(): boolean {
    const { positions, values } = this.state;
    return this.#agrees && Object.keys(positions).length + Object.keys(values).length === 0;
  }

  /** Begins the run: nothing is written yet. */
  async begin(asset: AssetDefinition): Promise<Attempt> {
    const { books, jobKey } = this.place;
    const replaced = this.#mode === "overwrite" ? await listLiveFiles(books, this.latest) : [];
    return new Attempt({
      place: this.place,
      ...this.#tools,
      asset,
      mode: this.#mode,
      token: { jobKey, seq: this.#seq, runId: this.runId },
      latest: this.latest,
      replaces: replaced.map(({ path }) => path),
    });
  }

  /** The run goes on behind a commit of its own. */
  continueAfter(record: CommitRecord): void {
    this.#latest = record;
    this.#runId = newRunId();
    this.#seq = record.seq + 1;
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

async function warnOfMissing(
  { books, target }: LedgerPlace,
  latest: CommitRecord | undefined,
  log: Log,
): Promise<void> {
  const missing = target && (await describeMissing(books, target, latest));
  if (missing !== undefined) log.warn(missing);
}
