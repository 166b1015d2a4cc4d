/**
 * The books of a job in a bucket, where nothing has a second name and nothing is renamed. The decision is the object of
 * the commit record, written on condition that there is none. Whoever takes a run back puts a record of its own there
 * first, one that says nothing else: then the run that only looked dead finds its number taken.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DativoError } from "../../contract/errors.ts";
import { makeFolder } from "../../storage/durable.ts";
import { exists } from "../../storage/exists.ts";
import { reach } from "../../storage/fail-point.ts";
import type { ObjectStore } from "../../storage/object/object-store.ts";
import type { Books, PendingRun, Retraction } from "../books.ts";
import { sealDocument } from "../document.ts";
import { listFolder } from "../folder/list-folder.ts";
import { JobLock, type LockWait } from "../lock.ts";
import { COMMIT_FORMAT, type CommitRecord, parseRecord, startOf } from "../record.ts";
import { newRunId } from "../run-id.ts";
import type { BucketKeys } from "./bucket-keys.ts";
import { ObjectLock } from "./object-lock.ts";
import { uploadFile } from "./upload-file.ts";

export class BucketBooks implements Books {
  readonly root: string;
  readonly lock: ObjectLock;
  isGuarded = true;
  readonly #store: ObjectStore;
  readonly #keys: BucketKeys;
  readonly #scratch: string;

  /** `scratch` is a folder of the job on this machine. */
  constructor(store: ObjectStore, keys: BucketKeys, scratch: string) {
    this.#store = store;
    this.#keys = keys;
    this.#scratch = scratch;
    this.root = this.#uriOf(keys.root);
    this.lock = new ObjectLock(store, keys.lock);
  }

  commitPath(seq: number): string {
    return this.#uriOf(this.#keys.commit(seq));
  }

  rejectsPath(runId: string): string {
    return this.#uriOf(this.#keys.rejects(runId));
  }

  async acquire(runId: string, wait: LockWait): Promise<JobLock> {
    const lock = await JobLock.acquire(this.lock, runId, wait);
    try {
      this.isGuarded = await this.#honoursConditions();
      if (!this.isGuarded) await lock.confirm();
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async latest(): Promise<CommitRecord | undefined> {
    let last: string | undefined;
    for await (const { key } of this.#store.list(this.#keys.commits)) if (key.endsWith(".commit")) last = key;
    return last === undefined ? undefined : this.#read(last);
  }

  decided(seq: number): Promise<CommitRecord | undefined> {
    return this.#read(this.#keys.commit(seq));
  }

  async pending(): Promise<PendingRun[]> {
    const found: PendingRun[] = [];
    for await (const { key } of this.#store.list(this.#keys.pending)) {
      const runId = /^\d+-(.+)\.manifest$/.exec(key.slice(this.#keys.pending.length))?.[1];
      if (runId === undefined) continue;
      found.push({ runId, isRetracted: false, read: () => this.#demand(key) });
    }
    return found;
  }

  async staged(): Promise<string[]> {
    const runs = new Set(await listFolder(this.#scratch));
    const root = this.#keys.stagingRoot;
    for await (const { key } of this.#store.list(root)) runs.add(key.slice(root.length).split("/", 1)[0] as string);
    return [...runs].sort();
  }

  async tidy(): Promise<void> {}

  scratch(runId: string): string {
    return join(this.#scratch, runId);
  }

  stagedRejects(runId: string): string {
    return join(this.scratch(runId), "rejects");
  }

  async stage(runId: string): Promise<void> {
    await makeFolder(this.scratch(runId));
    await this.#store.put(this.#keys.begun(runId), Buffer.from(""));
  }

  /** Rejects go first: whoever finishes the run may have no other copy. */
  async prepare(record: CommitRecord): Promise<void> {
    const { seq, runId } = record;
    await this.keepRejects(runId);
    await this.#store.put(this.#keys.manifest(seq, runId), Buffer.from(sealDocument({ ...record })));
  }

  async decide(record: CommitRecord): Promise<string | undefined> {
    await reach("K17");
    await this.#decideBy(record);
    await reach("K18");
    return runOf(await this.decided(record.seq));
  }

  async retract(record: CommitRecord): Promise<Retraction> {
    const nothing = await this.#nothingInPlaceOf(record);
    await this.#decideBy(nothing);
    const stands = await this.decided(record.seq);
    return { decided: runOf(stands), first: stands?.runId === nothing.runId };
  }

  async forget({ seq, runId }: Pick<CommitRecord, "seq" | "runId">): Promise<void> {
    await this.#store.remove(this.#keys.manifest(seq, runId));
  }

  async keepRejects(runId: string): Promise<void> {
    const staged = this.stagedRejects(runId);
    const key = this.#keys.rejects(runId);
    if (!(await exists(staged)) || (await this.#store.head(key))) return;
    const run = this.#keys.run(runId);
    const { upload } = await uploadFile(this.#store, staged, key, run);
    await this.#store.publish(upload, run);
  }

  /** Also what nobody has a note of: a request that was sent twice, because its reply was lost, has begun two uploads. */
  async clear(runId: string): Promise<void> {
    await rm(this.scratch(runId), { recursive: true, force: true });
    await this.#store.discardAll(this.#keys.prefix, this.#keys.run(runId));
    await this.#store.remove(this.#keys.begun(runId));
  }

  /** A store that writes an object a second time, although it is to be written only where there is none, does not. */
  async #honoursConditions(): Promise<boolean> {
    const write = () => this.#store.put(this.#keys.probe, Buffer.from(""), { ifAbsent: true });
    return (await write()) === undefined || (await write()) === undefined;
  }

  /** Writes the record of a number, unless one is there. */
  async #decideBy(record: CommitRecord): Promise<void> {
    const key = this.#keys.commit(record.seq);
    // A store without conditions is asked; between the question and the writing another run may decide.
    if (!this.isGuarded && (await this.#store.head(key))) return;
    await this.#store.put(key, Buffer.from(sealDocument({ ...record })), { ifAbsent: true });
  }

  /** A record that leaves everything as the last one left it. */
  async #nothingInPlaceOf({ seq, runId, jobKey, contract }: CommitRecord): Promise<CommitRecord> {
    const latest = await this.latest();
    const follows = latest?.seq ?? 0;
    return {
      format: COMMIT_FORMAT,
      jobKey,
      seq,
      runId: newRunId(),
      retracts: runId,
      ...(follows === seq - 1 ? {} : { follows }),
      writtenAt: new Date().toISOString(),
      mode: "append",
      runFolder: undefined,
      files: [],
      writerFiles: [],
      replaces: [],
      counts: { read: 0, added: 0, filtered: 0, rejected: 0, written: 0 },
      schemaFingerprint: latest?.schemaFingerprint,
      fields: latest?.fields,
      contract: latest?.contract ?? contract,
      endState: startOf(latest),
    };
  }

  async #read(key: string): Promise<CommitRecord | undefined> {
    const found = await this.#store.get(key);
    return found && parseRecord(found.bytes.toString("utf8"), this.#uriOf(key));
  }

  async #demand(key: string): Promise<CommitRecord> {
    const record = await this.#read(key);
    if (record) return record;
    throw new DativoError("DTV_COMMIT_CONFLICT", `${this.#uriOf(key)} went away while it was looked at`, {
      culprit: this.#uriOf(key),
      hint: "Another run of this job settled it. Run again.",
    });
  }

  #uriOf(key: string): string {
    return `${this.#store.uri}/${key}`;
  }
}

/** Whose record it is; nobody's where it is there so that a run may not have its number. */
function runOf(record: CommitRecord | undefined): string | undefined {
  return record?.retracts === undefined ? record?.runId : undefined;
}
