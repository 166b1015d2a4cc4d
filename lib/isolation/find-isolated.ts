import { INERT_CONTEXT } from "../contract/context.ts";
import type { ReaderClass } from "../contract/reader.ts";
import type { WriterClass } from "../contract/writer.ts";
import { isolatedReaderClass } from "./isolated-reader.ts";
import { isolatedWriterClass } from "./isolated-writer.ts";
import type { Limits, Plugin } from "./plugin.ts";
import { PluginProcess, type Run } from "./plugin-process.ts";

/** A class whose library is loaded in other processes only. */
export interface IsolatedClass<C> {
  readonly playerClass: C;
  readonly sha256: string;
}

export interface IsolationOptions extends Limits {
  readonly run?: Run | undefined;
}

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD, DTV_PLUGIN_CLASS, DTV_PLUGIN_CRASHED */
export async function findIsolatedReader(
  file: string,
  symbol: string,
  options: IsolationOptions,
): Promise<IsolatedClass<ReaderClass>> {
  const plugin: Plugin = { file, symbol, role: "reader" };
  return { sha256: await tryToLoad(plugin, options), playerClass: isolatedReaderClass(plugin, options) };
}

export async function findIsolatedWriter(
  file: string,
  symbol: string,
  options: IsolationOptions,
): Promise<IsolatedClass<WriterClass>> {
  const plugin: Plugin = { file, symbol, role: "writer" };
  return { sha256: await tryToLoad(plugin, options), playerClass: isolatedWriterClass(plugin, options) };
}

/** What is wrong with a library is told before the run, as it is of one that is loaded into this process. */
async function tryToLoad(plugin: Plugin, { run = INERT_CONTEXT, ...limits }: IsolationOptions): Promise<string> {
  const process = new PluginProcess(plugin, run, limits);
  try {
    const { result } = await process.ask("load", "load", { ...plugin });
    return result["sha256"] as string;
  } finally {
    await process.close();
  }
}
