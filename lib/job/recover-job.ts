import { Ledger } from "../commit/ledger.ts";
import type { RecoveryEvent } from "../commit/recover.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import { type BooksOptions, booksOf, type JobNamed } from "./books-of-job.ts";
import { warnOfLostReceipt } from "./warn-of-lost-receipt.ts";

export interface RecoveryReport {
  readonly job: JobNamed;
  /** In their order; empty when there was nothing to do. */
  readonly done: readonly RecoveryEvent[];
  /** The number of the newest commit; 0 before the first one. */
  readonly seq: number;
}

/**
 * Does what the next run would do first: finishes or undoes what earlier runs left, and brings the state up.
 *
 * @throws DativoError as the next run would.
 */
export async function recoverJob(job: LoadedJob, options: BooksOptions = {}): Promise<RecoveryReport> {
  const { plan, named, tools, recovered } = await booksOf(job, options);
  const ledger = await Ledger.open(plan.place, tools, job.target.writeMode);
  await warnOfLostReceipt(plan.receipts, ledger, tools.log);
  await ledger.close();
  return { job: named, done: recovered, seq: ledger.latest?.seq ?? 0 };
}
