import type { SourceConfig } from "../contract/config.ts";
import { INERT_CONTEXT } from "../contract/context.ts";
import type { DiscoveryResult } from "../contract/results.ts";
import { construct, findReader } from "../plugin/find-player.ts";
import { LocalStorage } from "../storage/local.ts";

/** What a source offers: its files, tables or objects, with their columns and types where they can be told. */
export async function discoverSource(
  { config, custom }: { config: SourceConfig; custom?: string | undefined },
  { cwd = process.cwd() } = {},
): Promise<DiscoveryResult> {
  const reader = construct(await findReader(config.type, custom), config);
  reader.ctx = { ...INERT_CONTEXT, storage: new LocalStorage(cwd) };
  try {
    return await reader.discover();
  } finally {
    await reader.close();
  }
}
