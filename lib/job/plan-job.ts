import { join } from "node:path";
import { ControlPaths } from "../commit/folder/control-paths.ts";
import { FolderBooks } from "../commit/folder/folder-books.ts";
import { folderPlace } from "../commit/folder/folder-place.ts";
import type { LedgerPlace } from "../commit/ledger.ts";
import { jobHashOf, jobKeyOf, stateDirOf, uriOf } from "../commit/places.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import { INERT_CONTEXT, type Log } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import { describeUndividable, undividable } from "../contract/files/divide-records.ts";
import type { PluginSources } from "../contract/plugin-sources.ts";
import type { ReaderClass } from "../contract/reader.ts";
import { sha256 } from "../contract/sha256.ts";
import type { TransformClass } from "../contract/transform.ts";
import type { WriterClass } from "../contract/writer.ts";
import { findReader, findTransform, findWriter, type Player, type PluginRun } from "../plugin/find-player.ts";
import { readerTypeOf } from "../plugin/reader-type.ts";
import { DEFAULT_GRACE_MS } from "../stream/stage.ts";
import { guaranteeOf } from "./guarantee.ts";
import { cursorOf, type JobCursor } from "./job-cursor.ts";
import type { Guarantee } from "./receipt.ts";

/** A job with everything found that it names: ready to run, nothing touched yet. */
export interface JobPlan {
  readonly job: LoadedJob;
  readonly name: string;
  readonly reader: Player<ReaderClass>;
  readonly transforms: readonly Player<TransformClass>[];
  readonly writer: Player<WriterClass>;
  readonly place: LedgerPlace & { readonly stateFile: string };
  /** Folder of the job's receipts. */
  readonly receipts: string;
  /** True when the engine publishes the writer's files into the target folder. */
  readonly publishesFiles: boolean;
  readonly guarantee: Guarantee;
  /** Tells new records of files from old; such a job commits once, when all is read. */
  readonly cursor: JobCursor | undefined;
}

export interface PlanOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log?: Log | undefined;
  readonly graceMs?: number | undefined;
}

/**
 * Finds reader, transforms and writer and the place of the job's books.
 *
 * @throws DativoError DTV_NOT_BUILT for a key whose feature does not exist yet, DTV_PLUGIN_* for plugins.
 */
export async function planJob(job: LoadedJob, options: PlanOptions = {}): Promise<JobPlan> {
  const { cwd = process.cwd(), env = process.env } = options;
  refusePlanned(job);
  refuseUndividable(job);
  const how = pluginRunOf(job, options);
  const reader = await findReader(readerTypeOf(job.source.config, job.source.custom), job.source.custom, how);
  const transforms: Player<TransformClass>[] = [];
  for (const { plugin } of job.transforms) transforms.push(await findTransform(plugin, how));
  const writer = await findWriter(job.target.format, job.target.custom, how);
  const publishesFiles = job.target.path !== undefined && !writer.playerClass.prototype.commitFiles;
  if (job.target.layout === "run-dir") refuseRunFolder(job, writer.name, publishesFiles);
  const name = job.name ?? job.asset.name;
  return {
    job,
    name,
    reader,
    transforms,
    writer,
    ...(await placesOf(job, name, publishesFiles, stateDirOf(env, cwd))),
    publishesFiles,
    guarantee: guaranteeOf(reader.playerClass, writer.playerClass, publishesFiles),
    cursor: cursorOf(job, reader.playerClass),
  };
}

/** What replaces everything has to read everything. */
export function readsEverything({ target, fullRefresh }: LoadedJob): boolean {
  return target.writeMode === "overwrite" || fullRefresh;
}

/** How the plugins of a job are run. */
export function pluginRunOf(
  {
    isolation,
    plugins: sources,
  }: { readonly isolation?: LoadedJob["isolation"]; readonly plugins?: PluginSources | undefined },
  options: PlanOptions = {},
): PluginRun {
  const { signal = INERT_CONTEXT.signal, log = INERT_CONTEXT.log, graceMs = DEFAULT_GRACE_MS } = options;
  const { cwd = process.cwd() } = options;
  return {
    isolation: isolation && { ...isolation, graceMs, cwd },
    objectIsolation: sources?.trustsObjects ? undefined : { graceMs, timeoutMs: undefined, cwd },
    sources,
    env: options.env,
    run: { signal, log },
  };
}

/** A key that does nothing yet must not look as if it did. */
function refusePlanned({ planned }: LoadedJob): void {
  if (planned.length === 0) return;
  const lines = planned.map((finding) => `  ${finding.place}: ${finding.message}`);
  throw new DativoError("DTV_NOT_BUILT", `The job asks for what this version does not have yet:\n${lines.join("\n")}`, {
    hint: "Remove these keys, or wait for the version that has them; `dativo check` lists them too.",
    details: { planned },
  });
}

/**
 * Holds the columns that files are divided by to the contract, where its fields are what is written: transforms and a
 * mapping may make others, which the writer looks at.
 *
 * @throws DativoError DTV_CONFIG_INVALID
 */
export function refuseUndividable({ target, asset, transforms, map, locate }: LoadedJob): void {
  const { partitioning } = target.config;
  if (target.custom !== undefined || partitioning.length === 0) return;
  const isWritten = asset.fields.length > 0 && transforms.length === 0 && !map;
  const reason = describeUndividable(partitioning, isWritten ? asset.targetSchema() : undefined);
  if (reason !== undefined) throw undividable(reason, locate("target.partitioning"));
}

/** A layout that does nothing must not look as if it did. */
function refuseRunFolder({ target, locate }: LoadedJob, writer: string, publishesFiles: boolean): void {
  if (publishesFiles && !target.store) return;
  const reason = publishesFiles ? "in a bucket nothing is renamed" : `${writer} publishes by itself`;
  throw new DativoError("DTV_CONFIG_INVALID", `${reason}, so that no run has a folder of its own`, {
    culprit: locate("target.layout"),
    hint: "Take `layout: run-dir` out of the target.",
  });
}

async function placesOf(
  job: LoadedJob,
  name: string,
  publishesFiles: boolean,
  stateDir: string,
): Promise<Pick<JobPlan, "place" | "receipts">> {
  const { path, layout } = job.target;
  const target = publishesFiles ? path : undefined;
  const targetUri = target === undefined ? connectionUri(job) : uriOf(target);
  const jobKey = jobKeyOf({ tenant: job.tenantId, name, targetUri });
  const own = join(stateDir, job.tenantId, jobHashOf(jobKey));
  const place = {
    jobKey,
    ...(await targetPlace(job, target, { jobKey, own })),
    layout,
    stateFile: job.statePath ?? `${own}.state.json`,
  };
  return { place, receipts: `${own}.receipts` };
}

/** Files and books lie together; those of a target that takes no files lie with the job's state. */
async function targetPlace(
  { target: { store: settings } }: LoadedJob,
  target: string | undefined,
  { jobKey, own }: { readonly jobKey: string; readonly own: string },
): Promise<Pick<LedgerPlace, "books" | "target">> {
  if (target === undefined) return { books: new FolderBooks(new ControlPaths(own)), target: undefined };
  if (!settings) return folderPlace(target, jobKey);
  const { openBucketPlace } = await import("../commit/bucket/bucket-place.ts");
  return openBucketPlace(target, settings, { jobKey, scratch: join(own, "staging") });
}

/** A target that is no folder is known by its type and by what it connects to, secrets left out. */
function connectionUri({ target }: LoadedJob): string {
  const canonical = JSON.stringify(sortKeys(target.publicConnection));
  return `${target.type}:${sha256(canonical)}`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
