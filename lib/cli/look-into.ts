import type { SourceConfig } from "../contract/config.ts";
import type { DiscoveredObject } from "../contract/results.ts";
import { type DiscoverOptions, discoverSource } from "../job/discover-source.ts";

/** What a source offers. */
export interface LookedInto {
  readonly objects: readonly DiscoveredObject[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Records that could not be read on the way, by the name of their file; types were told without them. */
  readonly unreadable: Readonly<Record<string, number>>;
}

/** Discovers what a source offers, and counts what it cannot read. */
export async function lookInto(
  config: SourceConfig,
  custom?: string,
  how: Pick<DiscoverOptions, "isolation" | "plugins" | "mode"> = {},
): Promise<LookedInto> {
  const unreadable = new Map<string, number>();
  const { objects, metadata } = await discoverSource(
    { config, custom },
    { ...how, reject: ({ source }) => unreadable.set(source, (unreadable.get(source) ?? 0) + 1) },
  );
  return { objects, metadata, unreadable: Object.fromEntries(unreadable) };
}
