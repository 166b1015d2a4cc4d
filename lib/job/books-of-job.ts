import type { LedgerTools } from "../commit/ledger.ts";
import { jobHashOf } from "../commit/places.ts";
import type { RecoveryEvent } from "../commit/recover.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import { INERT_CONTEXT, type Log } from "../contract/context.ts";
import { nativeCodecs } from "../plugin/native-builtins.ts";
import { defaultEnvironment } from "../stream/stage.ts";
import { writerForRecovery } from "./job-writer.ts";
import { type JobPlan, planJob } from "./plan-job.ts";
import { sourceStorage } from "./source-storage.ts";

export interface BooksOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly log?: Log | undefined;
}

/** Names a job and its books. */
export interface JobNamed {
  readonly tenant: string;
  readonly name: string;
  /** Names the job's folder under `_dativo`, and its state. */
  readonly hash: string;
}

/** A job whose books are to be looked into or changed, without a run. */
export interface JobBooks {
  readonly plan: JobPlan;
  readonly named: JobNamed;
  readonly tools: LedgerTools;
  /** What earlier runs had left to do and was done. */
  readonly recovered: readonly RecoveryEvent[];
}

/** @throws DativoError as a run would, for what is found before it begins. */
export async function booksOf(job: LoadedJob, options: BooksOptions = {}): Promise<JobBooks> {
  const plan = await planJob(job, options);
  const { log = INERT_CONTEXT.log } = options;
  const environment = { ...defaultEnvironment(sourceStorage(job, options), nativeCodecs), log };
  const recovered: RecoveryEvent[] = [];
  return {
    plan,
    named: { tenant: job.tenantId, name: plan.name, hash: jobHashOf(plan.place.jobKey) },
    tools: {
      log,
      clock: environment.clock,
      storage: environment.storage,
      withWriter: writerForRecovery(plan, environment),
      onRecovery: (event) => recovered.push(event),
    },
    recovered,
  };
}
