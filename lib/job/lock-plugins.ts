import { access, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { type LoadJobOptions, loadJob } from "../config/job/load-job.ts";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import { findPluginLock, formatLock, LOCK_NAME, type PluginLock } from "../config/job/plugin-lock.ts";
import { hashPlugin } from "../plugin/hash-plugin.ts";

/** A file of a plugin whose hash the lock has not, or has another one of. */
export interface LockDifference {
  readonly file: string;
  readonly sha256: string;
  /** What the lock says; undefined where it says nothing. */
  readonly was: string | undefined;
}

export interface LockReport {
  /** Path of the lock file. */
  readonly lock: string;
  readonly pinned: number;
  readonly added: readonly LockDifference[];
  readonly changed: readonly LockDifference[];
  readonly isWritten: boolean;
}

export interface LockOptions extends LoadJobOptions {
  /** Takes what has changed as well; otherwise only what is new. */
  readonly update?: boolean | undefined;
  /** Writes nothing. */
  readonly check?: boolean | undefined;
}

/**
 * Writes down what the plugins of a job are now, in the lock file that the job goes by, or in one beside it. What the
 * lock has already changes only by `update`.
 */
export async function lockPlugins(jobFile: string, options: LockOptions = {}): Promise<LockReport> {
  const { cwd = process.cwd(), env = process.env } = options;
  // A job that is not pinned yet could not be loaded for the cloud.
  const job = await loadJob(jobFile, { ...options, mode: "self_hosted" });
  const folder = dirname(resolve(cwd, jobFile));
  const lock = (await findPluginLock({ cwd: resolve(cwd), folder })) ?? { path: join(folder, LOCK_NAME), hashes: {} };
  const found = await hashAll(job, env);
  const differences = [...found]
    .map(([file, sha256]) => ({ file, sha256, was: lock.hashes[file] }))
    .filter(({ sha256, was }) => sha256 !== was);
  const added = differences.filter(({ was }) => was === undefined);
  const changed = differences.filter(({ was }) => was !== undefined);
  const taken = options.update ? differences : changed.length > 0 ? [] : added;
  const next = await apply(lock, taken, options.update === true);
  const text = formatLock({ ...lock, hashes: next });
  const isWritten = options.check !== true && text !== formatLock(lock);
  if (isWritten) await writeFile(lock.path, text);
  return { lock: lock.path, pinned: Object.keys(next).length, added, changed, isWritten };
}

async function hashAll(job: LoadedJob, env: NodeJS.ProcessEnv): Promise<Map<string, string>> {
  const customs = [job.source.custom, ...job.transforms.map(({ plugin }) => plugin), job.target.custom];
  const found = new Map<string, string>();
  for (const custom of customs) {
    if (custom === undefined) continue;
    for (const { identity, sha256 } of await hashPlugin(custom, job.plugins, env)) found.set(identity, sha256);
  }
  return found;
}

/** Files that are gone are nobody's plugin any more. */
async function apply(
  { hashes }: PluginLock,
  taken: readonly LockDifference[],
  isUpdate: boolean,
): Promise<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const [file, hash] of Object.entries(hashes)) {
    if (!isUpdate || !isAbsolute(file) || (await isThere(file))) kept[file] = hash;
  }
  for (const { file, sha256 } of taken) kept[file] = sha256;
  return kept;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
