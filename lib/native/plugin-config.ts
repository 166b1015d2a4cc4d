import type { AssetDefinition } from "../contract/asset.ts";
import type { SourceConfig, TargetConfig } from "../contract/config.ts";
import type { StageContext } from "../contract/context.ts";
import { formatType } from "../contract/types.ts";

type Config = Record<string, unknown>;

/** What a native reader is made from, in the shape that both ABIs share; nothing in it is ever null. */
export function sourceConfigOf(config: SourceConfig): Config {
  const { type, connection, credentials, objects, files, tables, incremental, engine } = config;
  return { type, connection, credentials, objects, files, tables, incremental: incremental ?? {}, engine };
}

export function readerConfigOf(config: SourceConfig, { tempDir }: StageContext): Config {
  return { ...sourceConfigOf(config), temp_dir: tempDir, contract: null };
}

/** What a native writer is made from, in the shape that both ABIs share. */
export function targetConfigOf(asset: AssetDefinition, target: TargetConfig, outputBase: string): Config {
  return {
    asset_name: asset.name,
    schema: asset.fields.map(({ name, type, required, unique, classification }) => ({
      name,
      type: formatType(type),
      required,
      unique,
      classification,
    })),
    output_base: outputBase,
    target_type: target.type,
    connection: target.connection,
    file_format: target.fileFormat ?? "parquet",
    engine: target.engine,
  };
}

export function writerConfigOf(
  asset: AssetDefinition,
  target: TargetConfig,
  outputBase: string,
  { tempDir }: StageContext,
): Config {
  return { ...targetConfigOf(asset, target, outputBase), temp_dir: tempDir, contract: null };
}
