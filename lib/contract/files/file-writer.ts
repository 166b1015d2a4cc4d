import type { AssetDefinition } from "../asset.ts";
import type { Batch } from "../batch.ts";
import type { TargetConfig } from "../config.ts";
import { DativoError } from "../errors.ts";
import type { Format } from "../format.ts";
import { o, parseOptions } from "../options.ts";
import { ConnectionTestResult, type FileMetadata } from "../results.ts";
import { RowBatch } from "../row-batch.ts";
import type { Schema } from "../schema.ts";
import { TypeSettler } from "../settle-types.ts";
import { BaseWriter } from "../writer.ts";
import type { FilePlan } from "./file-series.ts";
import { PartitionedFiles } from "./partitioned-files.ts";
import { SingleFiles, type StagedFiles } from "./single-files.ts";

/** The options that every file writer takes, besides those of its format. */
export const fileWriterOptions = {
  target_size_mb: o
    .number()
    .positive()
    .default(150)
    .describe("A file that has grown to this many MiB is closed and the next one begun"),
};

export type FileWriterOptions = { target_size_mb?: number | undefined };

/**
 * Writes files of one format into the run's staging area, a new one whenever the last has grown to its target size.
 * The engine publishes them; records that never come make no file. `partitioning` divides them by columns.
 */
export abstract class FileWriter extends BaseWriter {
  static override readonly input = "columns";
  static override readonly settlesTypes = true;
  readonly #format: Format;
  #settler: TypeSettler | undefined;
  #files: StagedFiles | undefined;
  #options: { target_size_mb: number; format: unknown } | undefined;

  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string, format: Format) {
    super(asset, target, outputBase);
    this.#format = format;
  }

  override open(_schema: Schema): void {
    this.#options = this.#parseOptions();
  }

  async writeBatch(records: Batch, _fileCounter: number): Promise<readonly FileMetadata[]> {
    if (records.length === 0) return [];
    if (this.#staysInColumns(records)) {
      this.#settler ??= this.#settle(RowBatch.empty(records.schema));
      this.#files ??= this.#begin(this.#settler.schema);
      return this.#files.write(records);
    }
    const ended: FileMetadata[] = [];
    for (const raw of RowBatch.partsOf(records)) {
      this.#settler ??= this.#settle(raw);
      this.#files ??= this.#begin(this.#settler.schema);
      ended.push(...(await this.#files.write(this.#settler.apply(raw))));
    }
    return ended;
  }

  /** Why records that lie in columns become rows here; undefined where they need not. */
  get nativeRefusal(): string | undefined {
    const { partitioning } = this.targetConfig;
    if (partitioning.length > 0) return `divided by ${partitioning.join(", ")}, as rows`;
    return this.ctx.native.encoderRefusal(this.#format);
  }

  override async seal(): Promise<readonly FileMetadata[]> {
    return this.#files?.finish() ?? [];
  }

  override checkConnection(): ConnectionTestResult {
    this.#parseOptions();
    return new ConnectionTestResult(true, `Files are written as ${this.#format.name}`);
  }

  override async abortFiles(): Promise<void> {
    await this.#files?.discard();
  }

  /** Untyped columns, and others than those of the records before, are for the settler, which takes rows. */
  #staysInColumns(records: Batch): boolean {
    if (records instanceof RowBatch || records.schema.fields.some(({ lexical }) => lexical)) return false;
    if (this.#settler && !this.#settler.schema.isAlike(records.schema)) return false;
    return this.nativeRefusal === undefined;
  }

  #begin(schema: Schema): StagedFiles {
    const { partitioning } = this.targetConfig;
    this.#options ??= this.#parseOptions();
    let files = 0;
    const plan: FilePlan = {
      format: this.#format,
      options: this.#options,
      asset: this.assetDefinition,
      ctx: this.ctx,
      schema,
      nextNumber: () => files++,
    };
    return partitioning.length > 0 ? new PartitionedFiles(plan, partitioning) : new SingleFiles(plan);
  }

  #settle(first: RowBatch): TypeSettler {
    const settler = new TypeSettler(first);
    refuseFields(this.#format, settler.schema);
    return settler;
  }

  #parseOptions(): ReturnType<typeof parseFileWriterOptions> {
    return parseFileWriterOptions(this.#format, this.targetConfig);
  }
}

/** The options of a file writer and of its format. @throws DativoError DTV_OPTION_INVALID */
export function parseFileWriterOptions(
  format: Format,
  { engine }: TargetConfig,
): { readonly target_size_mb: number; readonly format: unknown } {
  const { target_size_mb, ...rest } = engine.options as Record<string, unknown>;
  const owner = `engine.options of the ${format.name} writer`;
  const own = parseOptions(o.object(fileWriterOptions), target_size_mb === undefined ? {} : { target_size_mb }, owner);
  return { ...own, format: format.encodeOptions ? parseOptions(format.encodeOptions, rest, owner) : rest };
}

/** @throws DativoError DTV_SCHEMA_INVALID for a field that the format has no place for. */
export function refuseFields(format: Format, { fields }: Schema): void {
  for (const field of fields) {
    const reason = format.refuses?.(field);
    if (reason === undefined) continue;
    throw new DativoError(
      "DTV_SCHEMA_INVALID",
      `Field '${field.name}' cannot be written as ${format.name}: ${reason}`,
      { culprit: field.name },
    );
  }
}
