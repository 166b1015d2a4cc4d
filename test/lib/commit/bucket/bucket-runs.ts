import { basename, join } from "node:path";
import { expect } from "vitest";
import { bucketPlace } from "../../../../lib/commit/bucket/bucket-place.ts";
import { Ledger, type LedgerPlace, type LedgerTools } from "../../../../lib/commit/ledger.ts";
import { jobKeyOf } from "../../../../lib/commit/places.ts";
import type { CommitRecord } from "../../../../lib/commit/record.ts";
import { AssetDefinition } from "../../../../lib/contract/asset.ts";
import { INERT_CONTEXT } from "../../../../lib/contract/context.ts";
import { LocalStorage } from "../../../../lib/storage/local.ts";
import type { ObjectStore } from "../../../../lib/storage/object/object-store.ts";
import { tempFolder } from "../../../support/folder.ts";
import { MemoryWriter } from "../../../support/players.ts";

export const asset = new AssetDefinition({
  name: "zips",
  version: "1.0.0",
  schema: [{ name: "id", type: "integer" }],
});
export const tools: LedgerTools = {
  log: INERT_CONTEXT.log,
  clock: INERT_CONTEXT.clock,
  storage: new LocalStorage(),
};

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

export interface RunParts {
  readonly name?: string;
  readonly count?: number;
  readonly mode?: "append" | "overwrite";
}

/** One run through the whole protocol, each of its files with its name in it. */
export async function runOnce(job: BucketJob, { name = "one", count = 2, mode }: RunParts = {}): Promise<string> {
  const ledger = await Ledger.open(job, tools, mode);
  try {
    const attempt = await ledger.begin(asset);
    await attempt.stage();
    const files = [];
    for (let number = 0; number < count; number++) {
      const file = await attempt.storage.create(`${name}-${number}.txt`);
      await file.write(Buffer.from(name));
      files.push({ path: file.path, recordCount: 1, ...(await file.seal()) });
    }
    const counts = { read: count, added: 0, filtered: 0, rejected: 0, written: count };
    const positions = new Map([[name, 1]]);
    const sealed = { files, counts, positions, values: undefined, schema: asset.targetSchema(), balanced: true };
    const { status } = await attempt.commit({ writer: new MemoryWriter(), ...sealed });
    return status;
  } finally {
    await ledger.close();
  }
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

export async function recordsOf({ books }: BucketJob): Promise<CommitRecord[]> {
  const records = [];
  for (let seq = 1; ; seq++) {
    const record = await books.decided(seq);
    if (!record) return records;
    records.push(record);
  }
}

/** What is visible is what the records say, and a run that said it had succeeded is in them once. */
export async function demandTruth(job: BucketJob, outcomes: Record<string, unknown>): Promise<void> {
  await dropLock(job);
  await (await Ledger.open(job, tools)).close();
  const records = await recordsOf(job);
  const seen = await visible(job);
  expect(Object.keys(seen).sort()).toEqual(records.flatMap(({ files }) => files.map(({ path }) => path)).sort());
  for (const [path, content] of Object.entries(seen)) expect(basename(path).startsWith(content)).toBe(true);
  for (const [name, error] of Object.entries(outcomes)) {
    const times = records.filter(({ files }) => files.some(({ path }) => basename(path).startsWith(name))).length;
    const code = (error as { code?: string } | undefined)?.code;
    if (error === undefined) expect([name, times]).toEqual([name, 1]);
    else if (code !== "DTV_OUTCOME_UNKNOWN") expect([name, times, String(error)]).toEqual([name, 0, String(error)]);
  }
  expect((await booksOf(job)).filter((key) => !/^(commits\/\d{20}\.commit|probe)$/.test(key))).toEqual([]);
}

/** As if the holder had been silent for long. */
export async function dropLock({ store, books }: BucketJob): Promise<void> {
  await store.remove(books.lock.path.slice(store.uri.length + 1));
}
