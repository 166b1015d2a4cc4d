import type { SkipLoaded } from "../../transforms/skip-loaded/skip-loaded.ts";
import type { EndState } from "../commit/record.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import type { Log } from "../contract/context.ts";
import { cursorFault, isByCursor } from "../contract/cursor.ts";
import {
  countIdentities,
  cursorIdentity,
  cursorStateIn,
  describeIdentity,
  withCursorState,
} from "../contract/cursor-state.ts";
import { DativoError } from "../contract/errors.ts";
import { countLoadedRecords } from "../contract/files/file-history.ts";
import type { ReaderClass } from "../contract/reader.ts";
import { loadSkipLoaded } from "../plugin/builtin.ts";
import type { Sealed } from "../stream/to-writable.ts";
import { type JobPlan, readsEverything } from "./plan-job.ts";
import type { Receipt } from "./receipt.ts";

/** The cursor that tells new records of a job's files from old. */
export interface JobCursor {
  readonly field: string;
  readonly lookbackDays: number;
}

/**
 * The cursor of a job that reads files by one. Such a job commits once, when everything is read: what it remembers holds
 * for the whole of what it has read, and for no part.
 *
 * @throws DativoError DTV_CONFIG_INVALID where the contract has no such field; without plugins that was said before.
 */
export function cursorOf(job: LoadedJob, reader: ReaderClass): JobCursor | undefined {
  const { incremental } = job;
  // Who reads no files has a cursor of its own, if it has one.
  if (!incremental || !isByCursor(incremental.strategy) || !reader.readsFiles) return undefined;
  const fault = cursorFault(incremental, job.asset);
  if (!fault) return { field: incremental.cursorField as string, lookbackDays: incremental.lookbackDays };
  const culprit = job.locate(`source.incremental.${fault.key}`);
  throw new DativoError("DTV_CONFIG_INVALID", `${culprit}: ${fault.message}`, { culprit });
}

/**
 * Why what was loaded before cannot be told by the job's cursor; undefined where it can. To go on all the same would load
 * once more what is there.
 */
export function cursorMisfit({ job, cursor }: JobPlan, { positions, values }: EndState): DativoError | undefined {
  if (!cursor || readsEverything(job)) return undefined;
  const before = cursorStateIn(values);
  const now = describeIdentity(cursorIdentity(job.asset, cursor.field));
  if (before ? describeIdentity(before) === now : Object.keys(positions).length === 0) return undefined;
  const was = before ? `by ${describeIdentity(before)}` : "without a cursor";
  return new DativoError(
    "DTV_CURSOR_CHANGED",
    `What the job has loaded was told apart ${was}; now it asks for ${now}`,
    {
      culprit: job.locate("source.incremental.cursor_field"),
      hint: "`dativo run --full-refresh` replaces what is there and begins anew with this cursor.",
    },
  );
}

/** The stage that leaves out what earlier runs loaded. @throws DativoError DTV_CURSOR_CHANGED */
export async function openCursor(plan: JobPlan, start: EndState): Promise<SkipLoaded | undefined> {
  const { job, cursor } = plan;
  if (!cursor) return undefined;
  const misfit = cursorMisfit(plan, start);
  if (misfit) throw misfit;
  const SkipLoaded = await loadSkipLoaded();
  const init = { ...cursor, asset: job.asset };
  if (readsEverything(job)) return new SkipLoaded(init);
  const rowsBefore = (file: string): number => countLoadedRecords(start.positions[file]);
  return new SkipLoaded({ ...init, before: cursorStateIn(start.values), rowsBefore });
}

/**
 * What was sealed, with what the next run has to know of the cursor. A job that has left its cursor must not come back
 * to what that one knew. Where nothing was read, nothing changes.
 */
export function noteCursor(sealed: Sealed, cursor: SkipLoaded | undefined, before: EndState["values"]): Sealed {
  if (sealed.positions.size === 0) return sealed;
  return { ...sealed, values: withCursorState(sealed.values ?? before, cursor?.state()) };
}

export function reportCursor(cursor: SkipLoaded | undefined): Receipt["source"]["cursor"] {
  if (!cursor) return undefined;
  const { lateDays: _, ...report } = cursor.report();
  return report;
}

/** Records that are left out without anybody having loaded them are nobody's wish. */
export function warnOfLate(cursor: SkipLoaded | undefined, log: Log): void {
  if (!cursor) return;
  const { field, late, older, from, lateDays } = cursor.report();
  if (late === 0) return;
  const reach = lateDays === undefined ? "" : `; lookback_days: ${lateDays} would reach the oldest of them`;
  log.warn(
    `${older} records whose ${field} is before ${from} were left out, of which at least ${late} were in no earlier state of their file: the target has them only if another file brought them${reach}`,
  );
}

/** What a job knows of its cursor, for people and programs. */
export interface KnownCursor {
  readonly field: string;
  readonly lookbackDays: number;
  /** Undefined before the first record. */
  readonly high: string | undefined;
  /** Where the records begin that are told one by one. */
  readonly from: string | undefined;
  /** How many of them are remembered. */
  readonly remembered: number;
}

export function knownCursor({ cursor }: JobPlan, { values }: EndState): KnownCursor | undefined {
  if (!cursor) return undefined;
  const state = cursorStateIn(values);
  return {
    ...cursor,
    high: state?.high ?? undefined,
    from: state?.from ?? undefined,
    remembered: state ? countIdentities(state) : 0,
  };
}
