/** What players are made of, as it goes through the pipe: whole, where printing it would show `***`. */
import { AssetDefinition, type AssetInit } from "../contract/asset.ts";
import { SourceConfig, type SourceInit, TargetConfig, type TargetInit } from "../contract/config.ts";
import type { Header } from "./frame.ts";

export function formatSource(config: SourceConfig): Header {
  return { source: { ...config } };
}

export function parseSource({ source }: Header): SourceConfig {
  return new SourceConfig(source as SourceInit);
}

export function parseOptions({ options }: Header): Readonly<Record<string, unknown>> {
  return options as Readonly<Record<string, unknown>>;
}

export interface WriterArguments {
  readonly asset: AssetDefinition;
  readonly target: TargetConfig;
  readonly outputBase: string;
}

export function formatTarget({ asset, target, outputBase }: WriterArguments): Header {
  return { asset: formatAsset(asset), target: { ...target }, outputBase };
}

/** All of a contract but what is made of the rest. */
export function formatAsset({ fields: _, ...asset }: AssetDefinition): Header {
  return { ...asset };
}

export function parseAsset(asset: unknown): AssetDefinition {
  return new AssetDefinition(asset as AssetInit);
}

export function parseTarget({ asset, target, outputBase }: Header): WriterArguments {
  return {
    asset: parseAsset(asset),
    target: new TargetConfig(target as TargetInit),
    outputBase: outputBase as string,
  };
}
