import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Log } from "../contract/context.ts";
import type { BaseTransform } from "../contract/transform.ts";
import { loadLimit, loadTransforms, loadWhere } from "../plugin/builtin.ts";
import { nativeCodecs } from "../plugin/native-builtins.ts";
import { AnyStorage } from "../storage/any-storage.ts";
import { standardStreams } from "../storage/standard-streams.ts";
import { MemoryBudget } from "../stream/budget.ts";
import { runPipeline } from "../stream/run-pipeline.ts";
import { DEFAULT_GRACE_MS, type StreamEnvironment } from "../stream/stage.ts";
import { toReadable } from "../stream/to-readable.ts";
import { toTransform } from "../stream/to-transform.ts";
import { type Counts, toWritable } from "../stream/to-writable.ts";
import { loadMap } from "./load-map.ts";
import { openSource } from "./open-source.ts";
import { openTarget } from "./open-target.ts";
import type { PipeRequest, PipeSteps } from "./pipe-request.ts";
import { RejectsTarget } from "./rejects-target.ts";

export interface PipeOptions {
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** Limit for resident memory in bytes. */
  readonly memoryBytes: number;
}

/**
 * Lets records flow from a source through steps to a target, once. No books are kept: what standard output has taken
 * cannot be taken back, and a file appears whole or not at all.
 *
 * @throws DativoError
 */
export async function runPipe(request: PipeRequest, options: PipeOptions): Promise<Counts> {
  let scratch: string | undefined;
  const tempDir = (): string => (scratch ??= mkdtempSync(join(tmpdir(), "dativo-")));
  const environment: StreamEnvironment = {
    log: options.log,
    budget: MemoryBudget.forResidentLimit(options.memoryBytes),
    storage: new AnyStorage(),
    standard: standardStreams(),
    native: nativeCodecs,
    clock: { now: () => new Date() },
    get tempDir() {
      return tempDir();
    },
    graceMs: DEFAULT_GRACE_MS,
  };
  try {
    return await flow(request, environment, options.signal);
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
  }
}

async function flow(request: PipeRequest, environment: StreamEnvironment, signal?: AbortSignal): Promise<Counts> {
  const { policy } = request;
  const enough = new AbortController();
  const asset = request.asset === undefined ? undefined : await loadContract(request.asset);
  const reader = await openSource(request, environment.storage);
  const steps = await stepsOf(request.steps, () => enough.abort());
  const check = asset ? [toTransform(await checkOf(asset), { environment, policy })] : [];
  const rejects = request.rejects === undefined ? undefined : new RejectsTarget(request.rejects);
  const committer = await openTarget(request, { environment, asset, rejects });
  const sink = toWritable({ environment, committer, policy });
  const source = toReadable(reader, { environment, enough: enough.signal });
  const stages = steps.map((step) => toTransform(step, { environment }));
  await runPipeline([source, ...check, ...stages, sink], signal);
  return sink.counts;
}

async function loadContract(path: string): Promise<AssetDefinition> {
  const { loadAsset } = await import("../config/asset/load-asset.ts");
  return (await loadAsset(path)) as AssetDefinition;
}

async function checkOf(asset: AssetDefinition): Promise<BaseTransform> {
  const { Validate } = await loadTransforms();
  return new Validate({ asset });
}

/** Held to the lock of the working directory, as the plugins of a job are. */
async function loadMaps(paths: readonly string[]): Promise<BaseTransform[]> {
  const { lockedSources } = await import("../config/job/plugin-sources.ts");
  const sources = await lockedSources(process.cwd());
  const maps: BaseTransform[] = [];
  for (const path of paths) maps.push(await loadMap(path, sources));
  return maps;
}

async function stepsOf({ where, shape, maps, limit }: PipeSteps, onEnough: () => void): Promise<BaseTransform[]> {
  const steps: BaseTransform[] = [];
  if (where !== undefined) steps.push(new (await loadWhere())(where));
  if (shape) steps.push(new (await loadTransforms()).MapSchema(shape));
  if (maps.length > 0) steps.push(...(await loadMaps(maps)));
  if (limit !== undefined) steps.push(new (await loadLimit())(limit, onEnough));
  return steps;
}
