import { getSystemErrorName } from "node:util";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import type { TargetConfig } from "../contract/config.ts";
import type { Budget, Reservation } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import { decodePartition, encodeName, STAGED_SUFFIX } from "../contract/file-name.ts";
import { describeCut, describeUndividable, undividable } from "../contract/files/divide-records.ts";
import { parseFileWriterOptions, refuseFields } from "../contract/files/file-writer.ts";
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
    static override readonly appendsOnly = true;
    #checked: Schema | undefined;
    #reservation: Reservation | undefined;
    #hasTold = false;

    constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
      super(asset, target, outputBase, writerObject(library, symbol));
    }

    override open(_schema: Schema): void {
      parseFileWriterOptions(format, this.targetConfig);
    }

    override async writeBatch(batch: Batch): Promise<FileMetadata[]> {
      if (batch.schema !== this.#checked) this.#check(batch.schema);
      return this.#tellCut(await inPlainWords(() => super.writeBatch(batch)));
    }

    override async seal(): Promise<FileMetadata[]> {
      return this.#tellCut(await inPlainWords(() => super.seal()));
    }

    override async close(): Promise<void> {
      await super.close();
      this.#reservation?.release();
    }

    override async checkConnection(): Promise<ConnectionTestResult> {
      parseFileWriterOptions(format, this.targetConfig);
      return new ConnectionTestResult(true, `Files are written as ${format.name}`);
    }

    protected override config(): Record<string, unknown> {
      const stem = encodeName(this.assetDefinition.name);
      const config = { ...super.config(), file_name: `${stem}-{}.${format.extension}${STAGED_SUFFIX}` };
      const { partitioning } = this.targetConfig;
      if (partitioning.length === 0) return config;
      this.#reservation = reserveLargest(this.ctx.budget);
      return {
        ...config,
        partitioning: partitioning.map((column) => ({ column, folder: encodeName(column) })),
        partition_bytes: this.#reservation?.bytes ?? MIN_PARTITION_BYTES,
      };
    }

    #check(schema: Schema): void {
      refuseFields(format, schema);
      const reason = describeUndividable(this.targetConfig.partitioning, schema);
      if (reason !== undefined) throw undividable(reason);
      this.#checked = schema;
    }

    #tellCut(files: FileMetadata[]): FileMetadata[] {
      const { partitioning } = this.targetConfig;
      for (const { path } of this.#hasTold || partitioning.length === 0 ? [] : files) {
        const folders = path.split("/").slice(0, -1).slice(-partitioning.length);
        const cut = folders.findIndex((folder) => decodePartition(folder) === undefined);
        if (cut < 0) continue;
        this.ctx.log.warn(describeCut(partitioning[cut] as string));
        this.#hasTold = true;
      }
      return files;
    }
  };
}

const MIB = 1024 * 1024;
/** What partitions have at least, so that files are no smaller than they must. */
const MIN_PARTITION_BYTES = 8 * MIB;
const MAX_PARTITION_BYTES = 1024 * MIB;

/** About two thirds of what is free: readers need some, too. */
function reserveLargest(budget: Budget): Reservation | undefined {
  for (let bytes = MAX_PARTITION_BYTES; bytes >= MIN_PARTITION_BYTES; bytes *= 0.9) {
    const more = budget.tryReserve(1.5 * bytes);
    more?.release();
    if (more) return budget.tryReserve(Math.floor(bytes));
  }
  return undefined;
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
