import { INERT_CONTEXT } from "../contract/context.ts";
import type { ReaderClass } from "../contract/reader.ts";
import type { TransformClass } from "../contract/transform.ts";
import type { WriterClass } from "../contract/writer.ts";
import { isolatedReaderClass } from "./isolated-reader.ts";
import { isolatedScriptReaderClass } from "./isolated-script-reader.ts";
import { isolatedScriptTransformClass } from "./isolated-script-transform.ts";
import { isolatedScriptWriterClass } from "./isolated-script-writer.ts";
import { isolatedTransformClass } from "./isolated-transform.ts";
import { isolatedWriterClass } from "./isolated-writer.ts";
import { type Limits, nameOf, type Plugin, type PluginPlace } from "./plugin.ts";
import { PluginProcess, type Run } from "./plugin-process.ts";
import { requireSandbox } from "./sandbox.ts";
import type { ReaderFacts, TransformFacts, WriterFacts } from "./script-facts.ts";

/** A class whose code is loaded in other processes only. */
export interface IsolatedClass<C> {
  readonly playerClass: C;
  readonly sha256: string;
}

export interface IsolationOptions extends Limits {
  readonly run?: Run | undefined;
}

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD, DTV_PLUGIN_CLASS, DTV_PLUGIN_CRASHED, DTV_SANDBOX_MISSING */
export async function findIsolatedReader(
  place: PluginPlace,
  options: IsolationOptions,
): Promise<IsolatedClass<ReaderClass>> {
  const plugin = pluginAt(place, "reader");
  const { sha256, facts } = await tryToLoad(plugin, options);
  if (plugin.kind === "library") return { sha256, playerClass: isolatedReaderClass(plugin, options) };
  return { sha256, playerClass: isolatedScriptReaderClass(plugin, options, facts as ReaderFacts) };
}

export async function findIsolatedWriter(
  place: PluginPlace,
  options: IsolationOptions,
): Promise<IsolatedClass<WriterClass>> {
  const plugin = pluginAt(place, "writer");
  const { sha256, facts } = await tryToLoad(plugin, options);
  if (plugin.kind === "library") return { sha256, playerClass: isolatedWriterClass(plugin, options) };
  return { sha256, playerClass: isolatedScriptWriterClass(plugin, options, facts as WriterFacts) };
}

export async function findIsolatedTransform(
  place: PluginPlace,
  options: IsolationOptions,
): Promise<IsolatedClass<TransformClass>> {
  const plugin = pluginAt(place, "transform");
  const { sha256, facts } = await tryToLoad(plugin, options);
  if (plugin.kind === "library") return { sha256, playerClass: isolatedTransformClass(plugin, options) };
  return { sha256, playerClass: isolatedScriptTransformClass(plugin, options, facts as TransformFacts) };
}

function pluginAt({ name, ...place }: PluginPlace, role: Plugin["role"]): Plugin {
  return { ...place, symbol: name, role };
}

interface Loaded {
  readonly sha256: string;
  /** Of a script. */
  readonly facts?: ReaderFacts | TransformFacts | WriterFacts;
}

/** What is wrong with a plugin is told before the run, as it is of one that is loaded into this process. */
async function tryToLoad(plugin: Plugin, { run = INERT_CONTEXT, ...limits }: IsolationOptions): Promise<Loaded> {
  if (limits.sandbox) requireSandbox(nameOf(plugin));
  const process = new PluginProcess(plugin, run, limits);
  try {
    return (await process.ask("load", "load", { ...plugin })).result as unknown as Loaded;
  } finally {
    await process.close();
  }
}
