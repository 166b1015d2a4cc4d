import { join } from "node:path";
import { jobHashOf } from "../places.ts";

/** Every path of one job's bookkeeping, under its control folder. */
export class ControlPaths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Inside a target folder. */
  static inTarget(target: string, jobKey: string): ControlPaths {
    return new ControlPaths(join(target, "_dativo", jobHashOf(jobKey)));
  }

  get commits(): string {
    return join(this.root, "commits");
  }

  get pending(): string {
    return join(this.root, "pending");
  }

  get stagingRoot(): string {
    return join(this.root, "staging");
  }

  get rejects(): string {
    return join(this.root, "rejects");
  }

  get oldRoot(): string {
    return join(this.root, "old");
  }

  get lock(): string {
    return join(this.root, "lock");
  }

  staging(runId: string): string {
    return join(this.stagingRoot, runId);
  }

  old(runId: string): string {
    return join(this.oldRoot, runId);
  }

  /** Where the files of a run have their final names already, in the folder that will be theirs. */
  named(runId: string): string {
    return join(this.staging(runId), "out");
  }

  /** Where that folder goes when the run is taken back. */
  unnamed(runId: string): string {
    return join(this.staging(runId), "back");
  }

  stagedRejects(runId: string): string {
    return join(this.staging(runId), "rejects");
  }

  rejectsOf(runId: string): string {
    return join(this.rejects, `${runId}.rejects`);
  }

  commit(seq: number): string {
    return join(this.commits, `${String(seq).padStart(20, "0")}.commit`);
  }

  manifest(seq: number, runId: string): string {
    return join(this.pending, `${seq}-${runId}.manifest`);
  }

  /** Where the manifest of a run goes that is being taken back. */
  retracted(seq: number, runId: string): string {
    return join(this.pending, `${seq}-${runId}.retracted`);
  }
}
