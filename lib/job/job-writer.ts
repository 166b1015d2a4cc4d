import type { WithWriter } from "../commit/recover.ts";
import type { BaseWriter } from "../contract/writer.ts";
import { construct } from "../plugin/find-player.ts";
import { type StreamEnvironment, useWriter } from "../stream/stage.ts";
import type { JobPlan } from "./plan-job.ts";

/** Makes the writer of a job, for a run that stages in a folder. */
export function createJobWriter(plan: JobPlan, staging: string): BaseWriter {
  const { job, writer } = plan;
  return construct(writer, job.asset, job.target.config, outputBase(plan, staging));
}

/**
 * For what an earlier run left: a writer that is asked, and may commit, but gets no records. Undefined where the engine
 * commits.
 */
export function writerForRecovery(plan: JobPlan, environment: StreamEnvironment): WithWriter | undefined {
  if (!plan.writer.playerClass.prototype.commitFiles) return undefined;
  return async (staging, work) => useWriter(createJobWriter(plan, staging), environment, work);
}

function outputBase({ publishesFiles, job }: JobPlan, staging: string): string {
  const { path } = job.target.config.connection;
  if (publishesFiles || typeof path !== "string") return staging;
  return job.target.path ?? path;
}
