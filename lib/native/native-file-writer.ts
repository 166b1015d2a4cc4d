import { getSystemErrorName } from "node:util";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import type { TargetConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { encodeName, STAGED_SUFFIX } from "../contract/file-name.ts";
import { parseFileWriterOptions, refuseFields } from "../contract/file-writer.ts";
import type { Format } from "../contract/format.ts";
import { ConnectionTestResult, type FileMetadata } from "../contract/results.ts";
import type { Schema } from "../contract/schema.ts";
import { unwritable } from "../contract/unwritable.ts";
import type { WriterClass } from "../contract/writer.ts";
import { Abi2Writer, writerObject } from "./abi2-writer.ts";
import type { NativeLibrary } from "./library.ts";

/** The writer of a file format by a library: names, options and refusals are those of the format in TypeScript. */
export function nativeFileWriterClass(library: NativeLibrary, symbol: string, format: Format): WriterClass {
  return class extends Abi2Writer {
    #checked: Schema | undefined;

    constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
      super(asset, target, outputBase, writerObject(library, symbol));
    }

    override open(_schema: Schema): void {
      parseFileWriterOptions(format, this.targetConfig);
    }

    override async writeBatch(batch: Batch): Promise<FileMetadata[]> {
      if (batch.schema !== this.#checked) refuseFields(format, batch.schema);
      this.#checked = batch.schema;
      return inPlainWords(() => super.writeBatch(batch));
    }

    override seal(): Promise<FileMetadata[]> {
      return inPlainWords(() => super.seal());
    }

    override async checkConnection(): Promise<ConnectionTestResult> {
      parseFileWriterOptions(format, this.targetConfig);
      return new ConnectionTestResult(true, `Files are written as ${format.name}`);
    }

    protected override config(): Record<string, unknown> {
      const stem = encodeName(this.assetDefinition.name);
      return { ...super.config(), file_name: `${stem}-{}.${format.extension}${STAGED_SUFFIX}` };
    }
  };
}

/** A fault of the system is told as every writer of files tells it. */
async function inPlainWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { errno, path } = error instanceof DativoError ? error.details : {};
    if (typeof errno !== "number" || typeof path !== "string") throw error;
    throw unwritable(path, Object.assign(new Error((error as Error).message), { code: getSystemErrorName(-errno) }));
  }
}
