import type { AssetDefinition } from "../lib/contract/asset.ts";
import type { TargetConfig } from "../lib/contract/config.ts";
import { FileWriter } from "../lib/contract/files/file-writer.ts";
import { avroFormat } from "../lib/formats/avro/avro-format.ts";

/** Container files of Avro. */
export class AvroWriter extends FileWriter {
  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
    super(asset, target, outputBase, avroFormat);
  }
}
