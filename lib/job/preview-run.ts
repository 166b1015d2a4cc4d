import { describeBehind, targetBehind } from "../commit/agreement.ts";
import { type Books, inspectBooks } from "../commit/inspect.ts";
import { listLiveFiles } from "../commit/record.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import { INERT_CONTEXT } from "../contract/context.ts";
import type { DativoError } from "../contract/errors.ts";
import { type SurveyedFile, type Surveyor, surveysFiles } from "../contract/files/file-reader.ts";
import { construct } from "../plugin/find-player.ts";
import { type BooksOptions, booksOf, type JobNamed } from "./books-of-job.ts";
import { cursorMisfit, type KnownCursor, knownCursor } from "./job-cursor.ts";
import { type JobPlan, readsEverything } from "./plan-job.ts";
import type { Guarantee } from "./receipt.ts";
import { sourceStorage } from "./source-storage.ts";

/** What the next run of a job would read and write. */
export interface RunPreview {
  readonly job: JobNamed & { readonly key: string };
  /** The number that its commit would have. */
  readonly seq: number;
  readonly guarantee: Guarantee;
  readonly source: {
    readonly reader: string;
    /** Undefined for a reader of its own, which only knows when it is asked. */
    readonly files: readonly SurveyedFile[] | undefined;
    /** What the records of these files would be held against; undefined where every record is loaded. */
    readonly cursor: KnownCursor | undefined;
  };
  readonly target: {
    readonly writer: string;
    readonly path: string | undefined;
    readonly mode: "append" | "overwrite";
    readonly layout: string;
    /** Columns that files are divided by. */
    readonly partitioning: readonly string[];
    /** Files of earlier runs that would be moved away. */
    readonly replaces: number;
  };
  readonly lock: Books["lock"];
  /** What it would finish, undo or remove first, after which more may be loaded than is known now. */
  readonly left: Books["left"];
  /** Why it would stop before it reads anything. */
  readonly stops: DativoError | undefined;
}

/** Says what the next run of a job would do. Reads no record, changes nothing, takes no lock. */
export async function previewRun(job: LoadedJob, options: BooksOptions = {}): Promise<RunPreview> {
  const { plan, named } = await booksOf(job, options);
  const { place, guarantee, reader, writer } = plan;
  const { path, writeMode: mode, layout, config } = job.target;
  const { partitioning } = config;
  const books = await inspectBooks(place);
  const replaced = mode === "overwrite" ? await listLiveFiles(place.books, books.target) : [];
  return {
    job: { ...named, key: place.jobKey },
    seq: Math.max(books.state?.seq ?? 0, books.target?.seq ?? 0) + 1,
    // Only a run tries what a store makes of conditions.
    guarantee: books.target?.isGuarded === false ? { ...guarantee, writer: "W2" } : guarantee,
    source: {
      reader: reader.name,
      files: await planFiles(plan, books, options),
      cursor: readsEverything(job) ? undefined : knownCursor(plan, books.start),
    },
    target: { writer: writer.name, path, mode, layout, partitioning, replaces: replaced.length },
    lock: books.lock,
    left: books.left,
    stops: whyItStops(plan, books),
  };
}

async function planFiles(
  { job, reader }: JobPlan,
  { start }: Books,
  options: BooksOptions,
): Promise<SurveyedFile[] | undefined> {
  if (!surveysFiles(reader.playerClass)) return undefined;
  const player = construct(reader, job.source.config) as Surveyor;
  player.ctx = { ...INERT_CONTEXT, storage: sourceStorage(job, options) };
  const readsAll = readsEverything(job);
  const files: SurveyedFile[] = [];
  try {
    for await (const file of player.survey(start.positions, start.values)) {
      files.push({ ...file, isRead: readsAll || file.isRead });
    }
  } finally {
    await player.close();
  }
  return files;
}

function whyItStops(plan: JobPlan, { state, stateFault, target, agreement, start }: Books): DativoError | undefined {
  const { job, place } = plan;
  if (stateFault) return stateFault;
  if (agreement !== "ahead" || job.target.writeMode === "overwrite") return cursorMisfit(plan, start);
  return targetBehind(describeBehind(state?.seq ?? 0, target?.seq ?? 0), place.stateFile);
}
