import { type Books, inspectBooks } from "../commit/inspect.ts";
import { Ledger } from "../commit/ledger.ts";
import type { RecoveryEvent } from "../commit/recover.ts";
import { type Repair, repairState } from "../commit/repair.ts";
import { commitReset, countHeld, type Held } from "../commit/reset.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import { DativoError } from "../contract/errors.ts";
import { countLoadedFiles } from "../contract/files/file-history.ts";
import { type BooksOptions, booksOf, type JobNamed } from "./books-of-job.ts";
import { type KnownCursor, knownCursor } from "./job-cursor.ts";

export interface StateReport {
  readonly job: JobNamed & { readonly key: string };
  /** Where the target's own record is kept. */
  readonly books: string;
  /** Where the state file is kept. */
  readonly stateFile: string;
  readonly state: { readonly seq: number; readonly runId: string } | undefined;
  readonly stateFault: DativoError | undefined;
  readonly target:
    | { readonly seq: number; readonly runId: string; readonly mode: string; readonly writtenAt: string }
    | undefined;
  readonly agreement: Books["agreement"];
  readonly filesKnown: number;
  /** Undefined for a job without one. */
  readonly cursor: KnownCursor | undefined;
  readonly positions: Readonly<Record<string, unknown>>;
  readonly lock: Books["lock"];
  readonly left: Books["left"];
}

/** What a job knows of its earlier runs. Changes nothing, and may be asked while it runs. */
export async function showState(job: LoadedJob, options: BooksOptions = {}): Promise<StateReport> {
  const { plan, named } = await booksOf(job, options);
  const { place } = plan;
  const { state, stateFault, target, agreement, start, lock, left } = await inspectBooks(place);
  return {
    job: { ...named, key: place.jobKey },
    books: place.books.root,
    stateFile: place.stateFile,
    state: state && { seq: state.seq, runId: state.runId },
    stateFault,
    target: target && { seq: target.seq, runId: target.runId, mode: target.mode, writtenAt: target.writtenAt },
    agreement,
    filesKnown: countLoadedFiles(start.values),
    cursor: knownCursor(plan, start),
    positions: start.positions,
    lock,
    left,
  };
}

export type RepairReport = Repair & { readonly job: JobNamed; readonly recovered: readonly RecoveryEvent[] };

/** Writes the state of a job anew from its target's own record. @throws DativoError DTV_TARGET_BEHIND */
export async function repairJobState(job: LoadedJob, options: BooksOptions = {}): Promise<RepairReport> {
  const { plan, named, tools, recovered } = await booksOf(job, options);
  return { job: named, ...(await repairState(plan.place, tools)), recovered };
}

export interface ResetOptions extends BooksOptions {
  /** Asked when the next run would add to the target what it holds already. */
  readonly confirm: (held: Held) => Promise<boolean>;
}

export interface ResetReport {
  readonly job: JobNamed;
  /** `unchanged`: the next run would have read everything anyway. */
  readonly status: "reset" | "unchanged";
  readonly seq: number;
  /** What of the job stays in the target. */
  readonly held: Held;
  readonly recovered: readonly RecoveryEvent[];
}

/**
 * Has the next run of a job read everything anew. What the target holds stays there, so that a job that appends has it
 * twice after that run.
 *
 * @throws DativoError DTV_NOT_CONFIRMED when records would be doubled and `confirm` said no; nothing was changed then.
 */
export async function resetJobState(job: LoadedJob, { confirm, ...options }: ResetOptions): Promise<ResetReport> {
  const { plan, named, tools, recovered } = await booksOf(job, options);
  const ledger = await Ledger.open(plan.place, tools, "reset");
  try {
    const held = await countHeld(ledger);
    const report = { job: named, held, recovered };
    if (ledger.startsAnew) return { ...report, status: "unchanged", seq: ledger.latest?.seq ?? 0 };
    if (job.target.writeMode === "append" && isAnything(held) && !(await confirm(held))) throw unconfirmed(held);
    return { ...report, status: "reset", seq: await commitReset(ledger, job.asset) };
  } finally {
    await ledger.close();
  }
}

function isAnything({ files, records }: Held): boolean {
  return files === undefined ? records > 0 : files > 0;
}

function unconfirmed({ records }: Held): DativoError {
  const what = `The next run would add everything once more to the ${records} ${records === 1 ? "record" : "records"} of the target`;
  return new DativoError("DTV_NOT_CONFIRMED", `${what}, and nobody confirmed that: nothing was reset`, {
    hint: "--yes says that this is meant. `dativo run --full-refresh` reads everything again and replaces it instead.",
  });
}
