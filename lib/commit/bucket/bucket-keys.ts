import type { StagingRun } from "../../storage/object/object-store.ts";
import { jobHashOf } from "../places.ts";

/** Every key of one job's bookkeeping, below the prefix that is its target. */
export class BucketKeys {
  /** Of the target: empty for the whole bucket, else with a slash at its end. */
  readonly prefix: string;
  readonly root: string;

  constructor(prefix: string, jobKey: string) {
    this.prefix = prefix;
    this.root = `${prefix}_dativo/${jobHashOf(jobKey)}/`;
  }

  get lock(): string {
    return `${this.root}lock`;
  }

  /** Written on condition that it is not there, by every run. */
  get probe(): string {
    return `${this.root}probe`;
  }

  get commits(): string {
    return `${this.root}commits/`;
  }

  get pending(): string {
    return `${this.root}pending/`;
  }

  get stagingRoot(): string {
    return `${this.root}staging/`;
  }

  /** Below its scratch lies what a run has besides its uploads. */
  run(runId: string): StagingRun {
    return { runId, scratch: `${this.stagingRoot}${runId}/` };
  }

  /** Says that a run may have staged something, from before its first upload until none is left. */
  begun(runId: string): string {
    return `${this.run(runId).scratch}begun`;
  }

  commit(seq: number): string {
    return `${this.commits}${String(seq).padStart(20, "0")}.commit`;
  }

  manifest(seq: number, runId: string): string {
    return `${this.pending}${seq}-${runId}.manifest`;
  }

  rejects(runId: string): string {
    return `${this.root}rejects/${runId}.rejects`;
  }

  old(runId: string, path: string): string {
    return `${this.root}old/${runId}/${path}.old`;
  }
}
