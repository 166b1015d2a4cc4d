import type { Mode, PluginIsolation } from "../config/job/loaded-job.ts";
import type { SourceConfig } from "../contract/config.ts";
import { INERT_CONTEXT, type StageContext } from "../contract/context.ts";
import type { PluginSources } from "../contract/plugin-sources.ts";
import type { DiscoveryResult } from "../contract/results.ts";
import { construct, findReader } from "../plugin/find-player.ts";
import { readerTypeOf } from "../plugin/reader-type.ts";
import { pluginRunOf } from "./plan-job.ts";
import { sourceStorage } from "./source-storage.ts";

export interface DiscoverOptions {
  readonly cwd?: string | undefined;
  /** Told of every record that could not be read; types are told without them. */
  readonly reject?: StageContext["reject"] | undefined;
  /** Where a native plugin runs, as a job has it. */
  readonly isolation?: PluginIsolation | undefined;
  /** Where plugins come from, as a job has it. */
  readonly plugins?: PluginSources | undefined;
  /** In cloud mode keys of this machine are not the job's, as a job has it. */
  readonly mode?: Mode | undefined;
}

/** What a source offers: its files, tables or objects, with their columns and types where they can be told. */
export async function discoverSource(
  { config, custom }: { config: SourceConfig; custom?: string | undefined },
  {
    cwd = process.cwd(),
    reject = INERT_CONTEXT.reject,
    isolation,
    plugins,
    mode = "self_hosted",
  }: DiscoverOptions = {},
): Promise<DiscoveryResult> {
  const type = readerTypeOf(config, custom);
  const reader = construct(await findReader(type, custom, pluginRunOf({ isolation, plugins })), config);
  reader.ctx = { ...INERT_CONTEXT, storage: sourceStorage({ source: { config }, mode }, { cwd }), reject };
  try {
    return await reader.discover();
  } finally {
    await reader.close();
  }
}
