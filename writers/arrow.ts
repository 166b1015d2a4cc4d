import type { AssetDefinition } from "../lib/contract/asset.ts";
import type { TargetConfig } from "../lib/contract/config.ts";
import { FileWriter } from "../lib/contract/files/file-writer.ts";
import { arrowFormat, arrowStreamFormat } from "../lib/formats/arrow/arrow-format.ts";

/** Arrow IPC files, or streams where the option `form` says so. */
export class ArrowWriter extends FileWriter {
  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
    const { form } = target.engine.options as { readonly form?: unknown };
    super(asset, target, outputBase, form === "stream" ? arrowStreamFormat : arrowFormat);
  }
}
