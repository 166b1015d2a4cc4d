import type { LoadedJob } from "../config/job/loaded-job.ts";
import { INERT_CONTEXT } from "../contract/context.ts";
import { FileReader, surveysFiles } from "../contract/files/file-reader.ts";
import { FileWriter } from "../contract/files/file-writer.ts";
import { parsePluginPath } from "../contract/plugin-path.ts";
import { construct, type Player } from "../plugin/find-player.ts";
import { nativeCodecs } from "../plugin/native-builtins.ts";
import type { JobCursor } from "./job-cursor.ts";
import { type JobPlan, planJob } from "./plan-job.ts";
import type { Guarantee } from "./receipt.ts";
import { sourceStorage } from "./source-storage.ts";

/** How a job would run: which stages there are, who does their work, and what each value of it comes from. */
export interface Explanation {
  readonly stages: readonly StageExplanation[];
  /** What a stage does that another one asked for. */
  readonly pushedDown: readonly string[];
  /** Every stage at which records that lie in native memory become JavaScript values. */
  readonly rowsMaterialisedAt: readonly string[];
  readonly guarantee: Guarantee;
  /** The document that each value was said in, by its dotted path. */
  readonly origins: LoadedJob["origins"];
}

export interface StageExplanation {
  readonly stage: "read" | "validate" | "cursor" | `transform ${number}` | "map" | "write";
  /** Connector or plugin. */
  readonly by: string;
  readonly runs: "native" | "javascript";
  /** Why so, where it could be otherwise. */
  readonly note?: string | undefined;
}

/** @throws DativoError as a run would, for what is found before it begins. */
export async function explainJob(job: LoadedJob, options: { readonly cwd?: string } = {}): Promise<Explanation> {
  const plan = await planJob(job, options);
  const read = await explainReader(plan, options.cwd);
  const isPushedDown = read.isNative && read.holdsContract;
  const stages: StageExplanation[] = [
    { stage: "read", by: plan.reader.name, runs: runsOf(read.isNative), note: read.note },
    isPushedDown
      ? { stage: "validate", by: job.asset.name, runs: "native", note: "done by the reader" }
      : { stage: "validate", by: job.asset.name, runs: "javascript" },
  ];
  if (plan.cursor) stages.push(explainCursor(plan.cursor));
  for (const [index, transform] of plan.transforms.entries()) {
    const isNative = transform.playerClass.input === "columns";
    const note = pluginNote(transform, isNative);
    stages.push({ stage: `transform ${index + 1}`, by: transform.name, runs: runsOf(isNative), ...noted(note) });
  }
  if (job.map) stages.push({ stage: "map", by: "map", runs: "javascript" });
  stages.push(explainWriter(plan, stages));
  return {
    stages,
    pushedDown: isPushedDown ? [`the contract ${job.asset.name} ${job.asset.version}, into the reader`] : [],
    rowsMaterialisedAt: leavingNative(stages),
    guarantee: plan.guarantee,
    origins: job.origins,
  };
}

function explainCursor({ field, lookbackDays }: JobCursor): StageExplanation {
  const back = lookbackDays > 0 ? `, lookback_days ${lookbackDays}` : "";
  return { stage: "cursor", by: `${field}${back}`, runs: "javascript", note: "rows only of batches that it divides" };
}

interface ReaderFacts {
  readonly isNative: boolean;
  readonly holdsContract: boolean;
  readonly note?: string | undefined;
}

async function explainReader({ job, reader }: JobPlan, cwd?: string): Promise<ReaderFacts> {
  const { custom, config } = job.source;
  if (custom !== undefined && (reader.isolation || !surveysFiles(reader.playerClass))) {
    const isNative = reader.playerClass.output === "columns";
    return { isNative, holdsContract: false, note: pluginNote(reader, isNative) };
  }
  const player = construct(reader, config);
  player.ctx = { ...INERT_CONTEXT, storage: sourceStorage(job, { cwd }), native: nativeCodecs };
  try {
    if (!(player instanceof FileReader)) return { isNative: false, holdsContract: false, note: "it reads no files" };
    const { reading, contract } = await player.nativeRefusals(job.asset);
    return { isNative: reading === undefined, holdsContract: contract === undefined, note: reading };
  } finally {
    await player.close();
  }
}

function explainWriter(plan: JobPlan, before: readonly StageExplanation[]): StageExplanation {
  const { job, writer } = plan;
  if (writer.playerClass.prototype instanceof FileWriter) return explainFileWriter(plan, before);
  const isNative = writer.playerClass.input === "columns";
  const isDivided = job.target.custom === undefined && job.target.config.partitioning.length > 0;
  const note = isDivided
    ? `divided by ${job.target.config.partitioning.join(", ")}`
    : job.target.custom && pluginNote(writer, isNative);
  return { stage: "write", by: writer.name, runs: runsOf(isNative), ...noted(note) };
}

/** Records that come as rows are written as rows. */
function explainFileWriter({ job, writer }: JobPlan, before: readonly StageExplanation[]): StageExplanation {
  const player = construct(writer, job.asset, job.target.config, "");
  player.ctx = { ...INERT_CONTEXT, native: nativeCodecs };
  const refusal = player instanceof FileWriter ? player.nativeRefusal : undefined;
  const comesAsRows = before.findLast(({ stage }) => stage !== "cursor")?.runs === "javascript";
  const runs = runsOf(refusal === undefined && !comesAsRows);
  return { stage: "write", by: writer.name, runs, ...noted(refusal) };
}

const AS_JSON = "a library that speaks JSON (ABI 1): every record is a row";

/** What a plugin's path does not say: a library may be as slow as rows are, and any plugin stand apart. */
function pluginNote({ name, isolation }: Player<unknown>, isNative: boolean): string | undefined {
  const { kind } = parsePluginPath(name);
  if (isolation?.sandbox) return `a ${kind} in the sandbox`;
  if (isolation) return `a ${kind} in a process of its own`;
  return isNative || kind === "script" ? undefined : AS_JSON;
}

function noted(note: string | undefined): Pick<StageExplanation, "note"> {
  return note === undefined ? {} : { note };
}

/**
 * Stages at which records become rows: in JavaScript behind native code, or in a library of rows. A native stage in
 * between brings them back there. A cursor works on one column, and makes rows only of batches that it divides.
 */
function leavingNative(stages: readonly StageExplanation[]): string[] {
  return stages
    .filter(({ stage }) => stage !== "cursor")
    .filter(
      ({ runs, note }, index, all) => (runs === "javascript" && all[index - 1]?.runs === "native") || note === AS_JSON,
    )
    .map(({ stage }) => stage);
}

function runsOf(isNative: boolean): StageExplanation["runs"] {
  return isNative ? "native" : "javascript";
}
