import type { AssetDefinition } from "../lib/contract/asset.ts";
import type { TargetConfig } from "../lib/contract/config.ts";
import { FileWriter } from "../lib/contract/files/file-writer.ts";
import { csvFormat } from "../lib/formats/csv/csv-format.ts";

/** Delimited text files. */
export class CsvWriter extends FileWriter {
  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
    super(asset, target, outputBase, csvFormat);
  }
}
