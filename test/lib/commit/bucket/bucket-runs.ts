import { join } from "node:path";
import { expect } from "vitest";
import { bucketPlace } from "../../../../lib/commit/bucket/bucket-place.ts";
import { Ledger, type LedgerPlace } from "../../../../lib/commit/ledger.ts";
import { jobKeyOf } from "../../../../lib/commit/places.ts";
import type { ObjectStore } from "../../../../lib/storage/object/object-store.ts";
import { tempFolder } from "../../../support/folder.ts";
import { demandRecorded, recordsOf, tools } from "../../../support/ledger-runs.ts";

export interface BucketJob extends LedgerPlace {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly stateFile: string;
}

let jobs = 0;

/** The place of a job below a prefix that nobody else has. */
export function bucketJob(store: ObjectStore, prefix = `lake-${jobs++}/zips`): BucketJob {
  const folder = tempFolder();
  const jobKey = jobKeyOf({ tenant: "acme", name: "job", targetUri: `${store.uri}/${prefix}` });
  const scratch = join(folder, "scratch");
  return {
    jobKey,
    ...bucketPlace({ store, prefix, jobKey, scratch }),
    layout: "flat",
    store,
    prefix,
    stateFile: join(folder, "state.json"),
  };
}

/** The same job, its store reached in another way. */
export function reachedBy(job: BucketJob, store: ObjectStore): BucketJob {
  const scratch = join(job.stateFile, "..", "scratch");
  return { ...job, ...bucketPlace({ store, prefix: job.prefix, jobKey: job.jobKey, scratch }) };
}

/** What a reader of the bucket sees of the job's data: keys below its prefix, and content. */
export async function visible({ store, prefix }: BucketJob): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key } of store.list(`${prefix}/`)) {
    if (key.includes("/_dativo/")) continue;
    found[key.slice(prefix.length + 1)] = String((await store.get(key))?.bytes);
  }
  return found;
}

/** What there is of the books, by kind. */
export async function booksOf({ store, prefix }: BucketJob): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(`${prefix}/_dativo/`)) found.push(key.split("/_dativo/")[1]?.slice(17) ?? "");
  return found;
}

/** Uploads that were begun and are neither objects nor given up. */
export async function openUploads({ store, prefix }: BucketJob, runId: string): Promise<number> {
  return store.discardAll(`${prefix}/`, { runId, scratch: `${prefix}/none/` });
}

/** What is visible is what the records say, and a run that said it had succeeded is in them once. */
export async function demandTruth(job: BucketJob, outcomes: Record<string, unknown>): Promise<void> {
  await dropLock(job);
  await (await Ledger.open(job, tools)).close();
  demandRecorded(await visible(job), await recordsOf(job), outcomes);
  expect((await booksOf(job)).filter((key) => !/^(commits\/\d{20}\.commit|probe)$/.test(key))).toEqual([]);
}

/** As if the holder had been silent for long. */
export async function dropLock({ store, books }: BucketJob): Promise<void> {
  await store.remove(books.lock.path.slice(store.uri.length + 1));
}
