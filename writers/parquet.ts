import type { AssetDefinition } from "../lib/contract/asset.ts";
import type { TargetConfig } from "../lib/contract/config.ts";
import { FileWriter } from "../lib/contract/files/file-writer.ts";
import { parquetFormat } from "../lib/formats/parquet/parquet-format.ts";

/** Parquet files. */
export class ParquetWriter extends FileWriter {
  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
    super(asset, target, outputBase, parquetFormat);
  }
}
