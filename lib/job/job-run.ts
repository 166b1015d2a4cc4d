import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { SkipLoaded } from "../../transforms/skip-loaded/skip-loaded.ts";
import type { Attempt } from "../commit/attempt.ts";
import type { Books } from "../commit/books.ts";
import { type CheckpointParts, createCommitter } from "../commit/committer.ts";
import { Ledger } from "../commit/ledger.ts";
import { newRunId } from "../commit/run-id.ts";
import type { Row } from "../contract/batch.ts";
import { INERT_CONTEXT } from "../contract/context.ts";
import { DativoError, toDativoError } from "../contract/errors.ts";
import { loadTransforms } from "../plugin/builtin.ts";
import { construct } from "../plugin/find-player.ts";
import { nativeCodecs } from "../plugin/native-builtins.ts";
import { standardStreams } from "../storage/standard-streams.ts";
import { DEFAULT_MEMORY_BYTES, MemoryBudget } from "../stream/budget.ts";
import { whatIsPublished } from "../stream/policy.ts";
import { runPipeline } from "../stream/run-pipeline.ts";
import { closeWriter, DEFAULT_GRACE_MS, type StreamEnvironment } from "../stream/stage.ts";
import { toReadable } from "../stream/to-readable.ts";
import { toTransform } from "../stream/to-transform.ts";
import { type Counts, type Sealed, toWritable } from "../stream/to-writable.ts";
import { buildFailedReceipt } from "./build-failed-receipt.ts";
import { buildReceipt, describeCommits, type RunCommit, type RunFacts } from "./build-receipt.ts";
import { cancelled } from "./cancelled.ts";
import { CheckpointClock } from "./checkpoint-clock.ts";
import { noteCursor, openCursor, reportCursor, warnOfLate } from "./job-cursor.ts";
import { createJobWriter, writerForRecovery } from "./job-writer.ts";
import { keepReceipt, tidyReceipts, writeReceipt } from "./keep-receipt.ts";
import { type JobPlan, readsEverything } from "./plan-job.ts";
import type { Guarantee, Receipt } from "./receipt.ts";
import type { FailedAttempt } from "./retry.ts";
import type { RunOptions } from "./run-job.ts";
import { runLog } from "./run-log.ts";
import { RunProgress } from "./run-progress.ts";
import { sourceStorage } from "./source-storage.ts";
import { warnOfLostReceipt } from "./warn-of-lost-receipt.ts";

/** One run of a plan. */
export class JobRun {
  readonly #plan: JobPlan;
  readonly #options: RunOptions;
  readonly #failed: readonly FailedAttempt[];
  readonly #startedAt: Date;
  readonly #warnings: readonly string[];
  readonly #progress: RunProgress;
  readonly #environment: StreamEnvironment;
  readonly #commits: RunCommit[] = [];
  #guarantee: Guarantee;
  #runId: string | undefined;
  #positionsBefore: RunFacts["positionsBefore"] = {};
  #tempDir: string | undefined;
  #cursor: SkipLoaded | undefined;
  #counts: (() => Counts) | undefined;

  /** `failed` are the tries before this one. */
  constructor(plan: JobPlan, options: RunOptions, failed: readonly FailedAttempt[] = []) {
    this.#plan = plan;
    this.#guarantee = plan.guarantee;
    this.#options = options;
    this.#failed = failed;
    this.#progress = new RunProgress(options.onProgress);
    const clock = options.clock ?? INERT_CONTEXT.clock;
    this.#startedAt = clock.now();
    const tempDir = (): string => (this.#tempDir ??= mkdtempSync(join(tmpdir(), "dativo-")));
    const { log, warnings } = runLog(options.log ?? INERT_CONTEXT.log, plan.job.logLevel);
    this.#warnings = warnings;
    const observe = (bytes: number): void => {
      this.#progress.bytesRead += bytes;
    };
    this.#environment = {
      log,
      budget: MemoryBudget.forResidentLimit(options.memoryBytes ?? DEFAULT_MEMORY_BYTES),
      storage: sourceStorage(plan.job, { ...options, observe }),
      standard: standardStreams({ isHashed: true, observe }),
      native: nativeCodecs,
      clock,
      get tempDir() {
        return tempDir();
      },
      graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    };
  }

  async run(): Promise<Receipt> {
    const ledger = await this.#open();
    if (!ledger.place.books.isGuarded) this.#lowerGuarantee(ledger.place.books);
    const { effect, reader, writer } = this.#guarantee;
    this.#environment.log.info(`Guarantee: ${effect} (${reader} source, ${writer} target)`, { effect, reader, writer });
    this.#runId = ledger.runId;
    try {
      await tidyReceipts(this.#plan.receipts, this.#receiptPath);
      await warnOfLostReceipt(this.#plan.receipts, ledger, this.#environment.log);
      this.#positionsBefore = ledger.state.positions;
      this.#cursor = await openCursor(this.#plan, ledger.state);
      const { attempt, sealed } = await this.#stage(ledger);
      this.#warnOfRepetition(sealed);
      warnOfLate(this.#cursor, this.#environment.log);
      await this.#commit(ledger, attempt, sealed);
      return await this.#end();
    } catch (error) {
      if (this.#commits.length === 0 && isAlreadyLoaded(error)) return await this.#end();
      this.#warnOfCommits();
      throw error;
    } finally {
      await ledger.close();
      if (this.#tempDir !== undefined) await rm(this.#tempDir, { recursive: true, force: true });
    }
  }

  /** Only a try shows what a store makes of conditions. */
  #lowerGuarantee({ root }: Books): void {
    this.#guarantee = { ...this.#guarantee, writer: "W2" };
    this.#environment.log.warn(
      `${root} honours no conditional writes (W2 target): see that no two runs of this job are under way at once`,
    );
  }

  async #end(): Promise<Receipt> {
    const receipt = buildReceipt(this.#facts());
    await this.#keep(receipt);
    return receipt;
  }

  async #open(): Promise<Ledger> {
    const { job, place } = this.#plan;
    const { log, clock, storage } = this.#environment;
    const { waitForLockMs: ms, signal } = this.#options;
    const withWriter = writerForRecovery(this.#plan, this.#environment);
    try {
      return await Ledger.open(place, { log, clock, storage, withWriter, wait: { ms, signal } }, job.target.writeMode);
    } catch (error) {
      throw signal && error === signal.reason ? this.#cancelled(error) : error;
    }
  }

  #cancelled(cause: unknown): DativoError {
    return cancelled(
      this.#options.signal,
      cause,
      `; ${whatIsPublished(this.#commits.length > 0 ? "checkpoints" : "nothing")}`,
    );
  }

  /**
   * Whether one more run can double nothing and lose nothing: records that went to a target which cannot take them back,
   * or came from a source that gives them once, are not asked for again.
   */
  get mayBeRepeated(): boolean {
    const { reader, writer } = this.#guarantee;
    return (
      (writer !== "W1" || this.#progress.rowsOf("write") === 0) &&
      (reader !== "R1" || this.#progress.rowsOf("read") === 0)
    );
  }

  /** What is kept of a try that failed. */
  failure(error: unknown, delayMs: number): FailedAttempt {
    const { code, message } = toDativoError(error, "DTV_INTERNAL", "Unexpected fault");
    return {
      runId: this.#runId,
      startedAt: this.#startedAt.toISOString(),
      durationMs: Math.round(this.#progress.elapsedMs),
      error: { code, message },
      commits: describeCommits(this.#commits),
      delayMs,
    };
  }

  /** Streams the records into staging; what is staged when this returns is not visible. */
  async #stage(ledger: Ledger): Promise<Staged> {
    const { job, reader, writer } = this.#plan;
    const environment = this.#environment;
    let staged: Staged | undefined;
    const player = construct(reader, job.source.config);
    const source = toReadable(player, {
      environment,
      owner: reader.name,
      state: readsEverything(job) ? undefined : ledger.state,
      meter: this.#progress.meter("read"),
      onPlan: (splits) => {
        this.#progress.splits = splits;
        void this.#progress.estimate(player, environment.log);
      },
    });
    const { Validate, MapSchema } = await loadTransforms();
    // A contract without fields says nothing of records.
    const check =
      job.asset.fields.length > 0
        ? [
            toTransform<Row, Row>(new Validate({ asset: job.asset }), {
              environment,
              meter: this.#progress.meter("validate"),
              policy: job.validation,
            }),
          ]
        : [];
    const skip = this.#cursor
      ? [toTransform(this.#cursor, { environment, meter: this.#progress.meter("cursor") })]
      : [];
    const changes = this.#plan.transforms.map((found, index) =>
      toTransform(construct(found, job.transforms[index]?.options ?? {}), {
        environment,
        owner: found.name,
        meter: this.#progress.meter(`transform ${index + 1}`),
      }),
    );
    const shape = job.map
      ? [toTransform(new MapSchema(job.map), { environment, meter: this.#progress.meter("map") })]
      : [];
    const sink = toWritable({
      environment,
      owner: writer.name,
      meter: this.#progress.meter("write"),
      policy: job.validation,
      committer: createCommitter({
        begin: () => ledger.begin(job.asset),
        createWriter: async (staging) => createJobWriter(this.#plan, staging),
        settlesTypes: writer.playerClass.settlesTypes,
        checkpoints: this.#checkpoints(ledger),
        settle: async (attempt, sealed) => {
          staged = { attempt, sealed };
          return undefined;
        },
        end: async () => {},
      }),
    });
    this.#counts = () => sink.counts;
    const stopReporting = this.#progress.report(() => sink.counts.rejected);
    try {
      await runPipeline([source, ...check, ...skip, ...changes, ...shape, sink], this.#options.signal);
    } catch (error) {
      throw this.#options.signal?.aborted ? this.#cancelled(error) : error;
    } finally {
      stopReporting();
    }
    return staged as unknown as Staged;
  }

  /** Where the run commits before its end. One that replaces everything does so in one commit. */
  #checkpoints(ledger: Ledger): CheckpointParts | undefined {
    const { checkpoint } = this.#plan.job;
    if (checkpoint === undefined) return undefined;
    const why = readsEverything(this.#plan.job) ? "replaces everything" : this.#cursor && "reads by a cursor";
    if (why !== undefined) {
      this.#environment.log.warn(`The run ${why}, and so it makes no checkpoints`);
      return undefined;
    }
    const clock = new CheckpointClock(checkpoint);
    return {
      isDue: (since) => clock.isDue(since),
      settle: async (attempt, sealed) => {
        await this.#commit(ledger, attempt, sealed);
        const { written } = sealed.counts;
        this.#environment.log.info(`Checkpoint: ${written} records are published`, { ...attempt.token, written });
        clock.restart();
      },
    };
  }

  /** What was committed before a run failed is not taken back. */
  #warnOfCommits(): void {
    const written = this.#commits.reduce((sum, { sealed }) => sum + sealed.counts.written, 0);
    if (written === 0) return;
    this.#environment.log.warn(`${written} records of ${this.#commits.length} checkpoints stay published`);
  }

  /** Without a position every run reads everything again; in a target that is appended to, that doubles records. */
  #warnOfRepetition({ counts, positions }: Sealed): void {
    const { job, reader } = this.#plan;
    if (counts.read === 0 || positions.size > 0 || this.#commits.length > 0 || job.target.writeMode === "overwrite")
      return;
    this.#environment.log.warn(
      `${reader.name} gives no positions: each run reads everything again and adds it to the target`,
    );
  }

  async #commit(ledger: Ledger, attempt: Attempt, staged: Sealed): Promise<void> {
    const { signal } = this.#options;
    const before = readsEverything(this.#plan.job) ? {} : ledger.state.values;
    const sealed = noteCursor(staged, this.#cursor, before);
    try {
      const result = await attempt.commit(sealed, signal);
      this.#commits.push({ attempt, sealed, result });
      if (attempt.committed) ledger.continueAfter(attempt.committed);
    } catch (error) {
      throw signal && error === signal.reason ? this.#cancelled(error) : error;
    } finally {
      await closeWriter(sealed.writer, this.#environment);
    }
  }

  /** Keeps what is known of a run that failed, and gives its error back. A run that had not begun keeps no books. */
  async leaveReceipt(error: unknown): Promise<unknown> {
    const run = { ...this.#facts(), counts: this.#counts?.(), error };
    await this.#keep(buildFailedReceipt(run), this.#runId !== undefined);
    return error;
  }

  #facts(): RunFacts {
    return {
      plan: this.#plan,
      guarantee: this.#guarantee,
      runId: this.#runId ?? newRunId(),
      positionsBefore: this.#positionsBefore,
      commits: this.#commits,
      failed: this.#failed,
      splits: this.#progress.splits,
      bytesRead: this.#progress.bytesRead,
      cursor: reportCursor(this.#cursor),
      startedAt: this.#startedAt,
      finishedAt: this.#environment.clock.now(),
      durationMs: this.#progress.elapsedMs,
      meters: this.#progress.meters,
      warnings: this.#warnings,
    };
  }

  get #receiptPath(): string | undefined {
    const { receiptPath, cwd = "" } = this.#options;
    return receiptPath === undefined ? undefined : resolve(cwd, receiptPath);
  }

  /** What the run did stands: a receipt that cannot be kept is a warning. A run that changed nothing leaves nothing. */
  async #keep(receipt: Receipt, isKept = receipt.status !== "unchanged"): Promise<void> {
    const keeping = isKept ? [keepReceipt(this.#plan.receipts, receipt)] : [];
    if (this.#receiptPath !== undefined) keeping.push(writeReceipt(this.#receiptPath, receipt));
    for (const kept of await Promise.allSettled(keeping)) {
      if (kept.status === "fulfilled") continue;
      this.#environment.log.warn(`The run is done, but not its receipt: ${String(kept.reason?.message)}`);
    }
  }
}

/** A stream shows only at its end that it was loaded before. Such a run leaves all as it was, like one that finds no new file. */
function isAlreadyLoaded(error: unknown): boolean {
  return error instanceof DativoError && error.code === "DTV_ALREADY_LOADED";
}

/** What a run has staged when its source has ended. */
type Staged = Pick<RunCommit, "attempt" | "sealed">;
