import { setTimeout as sleep } from "node:timers/promises";
import { loadAsset } from "../../config/asset/load-asset.ts";
import { loadJob } from "../../config/job/load-job.ts";
import { loadSourceSection, loadTargetSection } from "../../config/job/load-section.ts";
import type { LoadedJob } from "../../config/job/loaded-job.ts";
import { maskSecrets } from "../../config/secrets/mask-secrets.ts";
import type { AssetDefinition } from "../../contract/asset.ts";
import { SourceConfig, TargetConfig, type TargetInit } from "../../contract/config.ts";
import { DativoError } from "../../contract/errors.ts";
import { escapeControls } from "../../contract/escape-controls.ts";
import { construct } from "../../plugin/find-player.ts";
import { type IdentifiedPlayer, identifyPlayer } from "../../plugin/identify-player.ts";
import { withClass } from "../../plugin/only-player.ts";
import type { Behaviour } from "../../testing/behaviour.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { loadOptions } from "../load-options.ts";
import { printJson } from "../print-json.ts";
import type { LoadFlags } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

interface CheckFlags extends LoadFlags {
  readonly source?: string;
  readonly target?: string;
  readonly asset?: string;
  readonly options?: string;
  /** In milliseconds. */
  readonly timeout: number;
}

interface Outcome {
  readonly behaviour: string;
  readonly status: "ok" | "failed" | "not_applicable";
  /** Why it failed, or does not apply. */
  readonly reason?: string;
}

/** Runs the published behaviour suite over a plugin and prints what holds. */
export async function pluginCheckCommand(
  flags: CheckFlags,
  terminal: Terminal,
  [given = ""]: readonly string[],
): Promise<ExitCode> {
  const job = flags.config === undefined ? undefined : await loadJob(flags.config, loadOptions(flags));
  const path = await withClass(given);
  const plugin = await identifyPlayer(path);
  const outcomes: Outcome[] = [];
  for (const behaviour of await behavioursOf(plugin, flags, job)) outcomes.push(await tryOut(behaviour, flags.timeout));
  const failed = outcomes.filter(({ status }) => status === "failed").length;
  const { sha256 } = plugin.player;
  if (flags.json) printJson({ plugin: path, kind: plugin.kind, sha256, failed, behaviours: outcomes });
  else process.stdout.write(maskSecrets(describe(plugin.kind, path, outcomes, terminal)));
  return failed > 0 ? EXIT.failed : EXIT.done;
}

async function behavioursOf(
  { kind, player }: IdentifiedPlayer,
  flags: CheckFlags,
  job: LoadedJob | undefined,
): Promise<Behaviour[]> {
  const { readerBehaviours, transformBehaviours, writerBehaviours } = await import("../../testing/index.ts");
  if (kind === "reader") {
    const config = await sourceOf(flags, job);
    return readerBehaviours({ create: () => construct(player, config) });
  }
  const asset = await assetOf(flags, job);
  const records = asset ? { asset } : {};
  if (kind === "transform") {
    const options = transformOptions(flags, job, player.name);
    return transformBehaviours({ create: () => construct(player, options), ...records });
  }
  const config = await targetOf(flags, job);
  const commits = typeof player.playerClass.prototype.commitFiles === "function";
  // Files go into a folder that is removed afterwards, and never to where the job puts them.
  const inFolder = (path: string) => ({ ...config, connection: { ...config.connection, path } }) as TargetInit;
  const target = (folder: string) => (commits ? config : inFolder(folder));
  return writerBehaviours({ writerClass: player.playerClass, target, ...records });
}

async function sourceOf(flags: CheckFlags, job: LoadedJob | undefined): Promise<SourceConfig> {
  if (flags.source !== undefined) return loadSourceSection(flags.source);
  return job?.source.config ?? new SourceConfig();
}

async function targetOf(flags: CheckFlags, job: LoadedJob | undefined): Promise<TargetConfig> {
  if (flags.target !== undefined) return loadTargetSection(flags.target);
  return job?.target.config ?? new TargetConfig();
}

async function assetOf(flags: CheckFlags, job: LoadedJob | undefined): Promise<AssetDefinition | undefined> {
  return flags.asset === undefined ? job?.asset : loadAsset(flags.asset);
}

/** A job may have the same transform more than once; any of its places will do. */
function transformOptions(
  { options }: CheckFlags,
  job: LoadedJob | undefined,
  path: string,
): Readonly<Record<string, unknown>> {
  if (options === undefined) return job?.transforms.find(({ plugin }) => isSamePlugin(plugin, path))?.options ?? {};
  try {
    return JSON.parse(options) as Record<string, unknown>;
  } catch (cause) {
    throw new DativoError("DTV_CONFIG_INVALID", `--options is no JSON: ${(cause as Error).message}`, {
      culprit: "--options",
      hint: `For example --options '{"of": "name"}'`,
    });
  }
}

/** A job has the absolute path of a file. */
function isSamePlugin(one: string, path: string): boolean {
  return one === path || one.endsWith(`/${path.replace(/^\.\//, "")}`);
}

async function tryOut({ name, run }: Behaviour, timeoutMs: number): Promise<Outcome> {
  const end = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: end.signal }).then(() => {
    throw new Error(`it did not end within ${timeoutMs / 1000} s`);
  });
  try {
    const outcome = await Promise.race([run(), late]);
    if (!outcome) return { behaviour: name, status: "ok" };
    return { behaviour: name, status: "not_applicable", reason: outcome.notApplicable };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { behaviour: name, status: "failed", reason };
  } finally {
    late.catch(() => {});
    end.abort();
  }
}

const MARKS = {
  ok: ["green", "ok"],
  failed: ["red", "FAILED"],
  not_applicable: ["yellow", "n/a"],
} as const;

function describe(kind: string, path: string, outcomes: readonly Outcome[], terminal: Terminal): string {
  const rows = outcomes.map(({ behaviour, status, reason = "" }) => {
    const [color, mark] = MARKS[status];
    return [terminal.paint(color, mark), behaviour, escapeControls(reason)];
  });
  const count = (wanted: Outcome["status"]): number => outcomes.filter(({ status }) => status === wanted).length;
  const sum = `${count("ok")} hold, ${count("failed")} failed, ${count("not_applicable")} not applicable`;
  return `${escapeControls(path)} is a ${kind}\n\n${formatTable(rows)}\n\n${sum}\n`;
}
