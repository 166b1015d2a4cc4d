import type { AssetDefinition } from "./asset.ts";
import type { Batch } from "./batch.ts";
import { ChecksumBuilder } from "./checksums.ts";
import type { TargetConfig } from "./config.ts";
import type { Reservation } from "./context.ts";
import { DativoError } from "./errors.ts";
import type { Encoder, Format } from "./format.ts";
import { o, parseOptions } from "./options.ts";
import { ConnectionTestResult, type FileMetadata } from "./results.ts";
import { RowBatch } from "./row-batch.ts";
import type { Schema } from "./schema.ts";
import { TypeSettler } from "./settle-types.ts";
import type { StagedFile } from "./storage.ts";
import { BaseWriter } from "./writer.ts";

const MIB = 1024 * 1024;

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
 * The engine publishes them; records that never come make no file.
 */
export abstract class FileWriter extends BaseWriter {
  static override readonly input = "batch";
  readonly #format: Format;
  #settler: TypeSettler | undefined;
  #open: OpenFile | undefined;
  #reservation: Reservation | undefined;
  #options: { target_size_mb: number; format: unknown } | undefined;
  #files = 0;

  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string, format: Format) {
    super(asset, target, outputBase);
    this.#format = format;
  }

  override open(_schema: Schema): void {
    this.#options = this.#parseOptions();
  }

  async writeBatch(records: Batch, _fileCounter: number): Promise<readonly FileMetadata[]> {
    const raw = RowBatch.from(records);
    if (raw.length === 0) return [];
    this.#settler ??= this.#settle(raw);
    const batch = this.#settler.apply(raw);
    this.#open ??= await this.#create(batch.schema);
    const { file, encoder, sums } = this.#open;
    this.#open.rows += batch.length;
    await writeAll(file, await encoder.encode(batch));
    sums.add(batch);
    await this.#stayWithinBudget();
    return file.sizeBytes + encoder.bufferedBytes >= this.#limits.target_size_mb * MIB ? [await this.#finish()] : [];
  }

  override async seal(): Promise<readonly FileMetadata[]> {
    return this.#open ? [await this.#finish()] : [];
  }

  override checkConnection(): ConnectionTestResult {
    this.#parseOptions();
    return new ConnectionTestResult(true, `Files are written as ${this.#format.name}`);
  }

  override async abortFiles(): Promise<void> {
    await this.#open?.file.discard();
    this.#open = undefined;
    this.#reservation?.release();
  }

  get #limits(): { target_size_mb: number; format: unknown } {
    this.#options ??= this.#parseOptions();
    return this.#options;
  }

  /** A buffer that the budget refuses goes out now, in a smaller row group than it could have had. */
  async #stayWithinBudget(): Promise<void> {
    const { file, encoder } = this.#open as OpenFile;
    this.#reservation?.release();
    this.#reservation = this.ctx.budget.tryReserve(encoder.bufferedBytes);
    if (!this.#reservation) await writeAll(file, await encoder.flush());
  }

  async #finish(): Promise<FileMetadata> {
    const { file, encoder, rows, sums } = this.#open as OpenFile;
    await writeAll(file, await encoder.end());
    this.#open = undefined;
    this.#reservation?.release();
    this.#reservation = undefined;
    const sealed = await file.seal();
    return { path: file.path, recordCount: rows, ...sealed, checksums: sums.build() };
  }

  async #create(schema: Schema): Promise<OpenFile> {
    if (!this.#format.encoder) {
      throw new DativoError("DTV_STAGE_MISUSE", `The format '${this.#format.name}' cannot be written`);
    }
    const encoder = this.#format.encoder(this.#limits.format, {
      schema,
      metadata: contractMetadata(this.assetDefinition),
    });
    for (const note of encoder.notes ?? []) this.ctx.log.warn(note);
    const number = String(this.#files++).padStart(5, "0");
    const file = await this.ctx.storage.create(`${this.assetDefinition.name}-${number}.${this.#format.extension}`);
    return { file, encoder, rows: 0, sums: new ChecksumBuilder(schema) };
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

interface OpenFile {
  readonly file: StagedFile;
  readonly encoder: Encoder;
  rows: number;
  readonly sums: ChecksumBuilder;
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

async function writeAll(file: StagedFile, chunks: readonly Uint8Array[]): Promise<void> {
  for (const bytes of chunks) await file.write(bytes);
}

/** What a file says of the contract that its records kept. */
function contractMetadata(asset: AssetDefinition): Record<string, string> {
  if (asset.fields.length === 0) return {};
  return {
    "dativo.contract.name": asset.name,
    "dativo.contract.version": asset.version,
    "dativo.contract.fingerprint": asset.fingerprint,
    ...(asset.id === undefined ? {} : { "dativo.contract.id": asset.id }),
  };
}
