import type { AssetDefinition } from "../contract/asset.ts";
import type { SourceConfig, TargetConfig } from "../contract/config.ts";
import type { StageContext } from "../contract/context.ts";
import { formatType } from "../contract/types.ts";

type Config = Readonly<Record<string, unknown>>;

/** Batches that a library of ABI 2 best makes: whichever is reached first. */
const WANTED = { wanted_batch_rows: 65_536, wanted_batch_bytes: 4 * 1024 * 1024 };

/** What a native reader is made from, in the shape that both ABIs share; nothing in it is ever null. */
export function sourceConfigOf(config: SourceConfig): Config {
  const { type, connection, credentials, objects, files, tables, incremental, engine } = config;
  return { type, connection, credentials, objects, files, tables, incremental: incremental ?? {}, engine };
}

export function readerConfigOf(config: SourceConfig, { tempDir, contract }: StageContext): Config {
  const held = contract ? contractConfigOf(contract) : null;
  return { ...sourceConfigOf(config), ...WANTED, temp_dir: tempDir, contract: held };
}

/** A contract as libraries read it: normalised, with the names of the rules as a program writes them. */
export function contractConfigOf({ id, name, version, fingerprint, fields }: AssetDefinition): Config {
  const typed = fields.map((field) => ({ ...field, type: formatType(field.type) }));
  return dropUnset({ id, name, version, fingerprint, fields: typed.map(dropUnset) });
}

/** What is not set is not there: `null` would be something that was said. */
function dropUnset(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

export function transformConfigOf(options: Config, { tempDir }: StageContext): Config {
  return { options, ...WANTED, temp_dir: tempDir, contract: null };
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
  const contract = asset.fields.length > 0 ? contractConfigOf(asset) : null;
  return { ...targetConfigOf(asset, target, outputBase), ...WANTED, temp_dir: tempDir, contract };
}
