import type { AssetDefinition } from "../lib/contract/asset.ts";
import type { TargetConfig } from "../lib/contract/config.ts";
import { FileWriter } from "../lib/contract/files/file-writer.ts";
import { jsonFormat } from "../lib/formats/json/json-format.ts";

/** Files of one JSON document, which holds an array of objects. */
export class JsonWriter extends FileWriter {
  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
    super(asset, target, outputBase, jsonFormat);
  }
}
