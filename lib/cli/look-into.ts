import type { SourceConfig } from "../contract/config.ts";
import { INERT_CONTEXT } from "../contract/context.ts";
import type { DiscoveredObject } from "../contract/results.ts";
import { construct, findReader } from "../plugin/find-player.ts";
import { LocalStorage } from "../storage/local.ts";

/** What a source offers. */
export interface LookedInto {
  readonly objects: readonly DiscoveredObject[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Records that could not be read on the way, by the name of their file; types were told without them. */
  readonly unreadable: Readonly<Record<string, number>>;
}

/** Discovers what a source offers, and counts what it cannot read. */
export async function lookInto(config: SourceConfig, custom?: string): Promise<LookedInto> {
  const reader = construct(await findReader(config.type, custom), config);
  const unreadable = new Map<string, number>();
  reader.ctx = {
    ...INERT_CONTEXT,
    storage: new LocalStorage(),
    reject: ({ source }) => unreadable.set(source, (unreadable.get(source) ?? 0) + 1),
  };
  try {
    const { objects, metadata } = await reader.discover();
    return { objects, metadata, unreadable: Object.fromEntries(unreadable) };
  } finally {
    await reader.close();
  }
}
