import type { AssetDefinition } from "../lib/contract/asset.ts";
import type { TargetConfig } from "../lib/contract/config.ts";
import { FileWriter } from "../lib/contract/files/file-writer.ts";
import { jsonlFormat } from "../lib/formats/jsonl/jsonl-format.ts";

/** Files of one JSON object a line. */
export class JsonlWriter extends FileWriter {
  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
    super(asset, target, outputBase, jsonlFormat);
  }
}
