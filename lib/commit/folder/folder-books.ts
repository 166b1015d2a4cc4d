/**
 * The books of a job in a folder. Several processes may come to the decision about a prepared run at once: the run itself,
 * and another that took it for dead. Both answers act on the name of its manifest, so that one of them comes first. Once
 * the manifest is moved aside nobody can commit the run any more; once its record stands, nobody may take the run back.
 */
import { readFile, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../contract/errors.ts";
import { createFile, linkIfAbsent, makeFolder, removeTemporaries, syncFolder } from "../../storage/durable.ts";
import { exists } from "../../storage/exists.ts";
import { reach } from "../../storage/fail-point.ts";
import type { Books, PendingRun, Retraction } from "../books.ts";
import { sealDocument } from "../document.ts";
import { JobLock, type LockWait } from "../lock.ts";
import { type CommitRecord, parseRecord } from "../record.ts";
import type { ControlPaths } from "./control-paths.ts";
import { FileLock } from "./file-lock.ts";
import { listFolder } from "./list-folder.ts";

export class FolderBooks implements Books {
  readonly isGuarded = true;
  readonly root: string;
  readonly lock: FileLock;
  readonly #paths: ControlPaths;

  constructor(paths: ControlPaths) {
    this.#paths = paths;
    this.root = paths.root;
    this.lock = new FileLock(paths.lock);
  }

  commitPath(seq: number): string {
    return this.#paths.commit(seq);
  }

  rejectsPath(runId: string): string {
    return this.#paths.rejectsOf(runId);
  }

  async acquire(runId: string, wait: LockWait): Promise<JobLock> {
    await makeFolder(this.root);
    return JobLock.acquire(this.lock, runId, wait);
  }

  async latest(): Promise<CommitRecord | undefined> {
    const names = (await listFolder(this.#paths.commits)).filter((name) => /^\d{20}\.commit$/.test(name)).sort();
    const last = names.at(-1);
    return last === undefined ? undefined : readRecord(join(this.#paths.commits, last));
  }

  async decided(seq: number): Promise<CommitRecord | undefined> {
    try {
      return await readRecord(this.#paths.commit(seq));
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async pending(): Promise<PendingRun[]> {
    return (await listFolder(this.#paths.pending)).sort().flatMap((name) => {
      const [, runId, kind] = /^\d+-(.+)\.(manifest|retracted)$/.exec(name) ?? [];
      const read = () => readRecord(join(this.#paths.pending, name));
      return runId === undefined ? [] : [{ runId, isRetracted: kind === "retracted", read }];
    });
  }

  staged(): Promise<string[]> {
    return listFolder(this.#paths.stagingRoot);
  }

  tidy(): Promise<void> {
    return removeTemporaries(this.#paths.pending);
  }

  scratch(runId: string): string {
    return this.#paths.staging(runId);
  }

  stagedRejects(runId: string): string {
    return this.#paths.stagedRejects(runId);
  }

  stage(runId: string): Promise<void> {
    return makeFolder(this.scratch(runId));
  }

  async prepare(record: CommitRecord): Promise<void> {
    await makeFolder(this.#paths.commits);
    await makeFolder(this.#paths.pending);
    const manifest = sealDocument({ ...record });
    const { seq, runId } = record;
    await createFile(this.#paths.manifest(seq, runId), manifest, runId, ["K10", "K11", "K12"]);
  }

  async decide({ seq, runId }: CommitRecord): Promise<string | undefined> {
    try {
      await makeFolder(this.#paths.commits);
      await reach("K17");
      await linkIfAbsent(this.#paths.manifest(seq, runId), this.#paths.commit(seq));
      await reach("K18");
      await syncFolder(this.#paths.commits);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
    return (await this.decided(seq))?.runId;
  }

  async retract({ seq, runId }: CommitRecord): Promise<Retraction> {
    const first = await moveAside(this.#paths.manifest(seq, runId), this.#paths.retracted(seq, runId));
    if (first) await syncFolder(this.#paths.pending);
    return { decided: (await this.decided(seq))?.runId, first };
  }

  async forget({ seq, runId }: Pick<CommitRecord, "seq" | "runId">): Promise<void> {
    await rm(this.#paths.manifest(seq, runId), { force: true });
    await rm(this.#paths.retracted(seq, runId), { force: true });
  }

  async keepRejects(runId: string): Promise<void> {
    const staged = this.#paths.stagedRejects(runId);
    if (!(await exists(staged))) return;
    await makeFolder(this.#paths.rejects);
    await linkIfAbsent(staged, this.#paths.rejectsOf(runId));
    await syncFolder(this.#paths.rejects);
  }

  async clear(runId: string): Promise<void> {
    await rm(this.scratch(runId), { recursive: true, force: true });
    await removeIfEmpty(this.#paths.stagingRoot);
    await removeIfEmpty(this.#paths.pending);
  }
}

/** @throws DativoError DTV_COMMIT_RECORD */
export async function readRecord(path: string): Promise<CommitRecord> {
  return parseRecord(await readFile(path, "utf8"), path);
}

async function moveAside(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {});
}
