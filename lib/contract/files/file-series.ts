import type { AssetDefinition } from "../asset.ts";
import type { Batch } from "../batch.ts";
import { ChecksumBuilder, type ColumnChecksum, repeatedChecksum } from "../checksums.ts";
import type { StageContext } from "../context.ts";
import { DativoError } from "../errors.ts";
import type { Encoder, Format } from "../format.ts";
import type { NativeEncoder } from "../native-codecs.ts";
import type { FileMetadata } from "../results.ts";
import { RowBatch } from "../row-batch.ts";
import type { Schema } from "../schema.ts";
import type { StagedFile } from "../storage.ts";
import { contractMetadata } from "./contract-metadata.ts";
import type { Division } from "./divide-records.ts";

const MIB = 1024 * 1024;

/** Encoder, hash, sums and the file itself, about, of a file that is open and holds no records. */
const OPEN_FILE_BYTES = 16 * 1024;
/** What a Parquet file remembers of a column of each row group until its end. */
const GROUP_COLUMN_BYTES = 512;

/** What the files of a writer have in common. */
export interface FilePlan {
  readonly format: Format;
  readonly options: { readonly target_size_mb: number; readonly format: unknown };
  readonly asset: AssetDefinition;
  readonly ctx: StageContext;
  /** Of the records. */
  readonly schema: Schema;
  /** The number of the next file: each has its own, whatever folder it is in. */
  readonly nextNumber: () => number;
}

/** One file after the other in one folder: the next is begun when the last has grown to its size. */
export class FileSeries {
  readonly #plan: FilePlan;
  /** Of the files: without the columns that their folders tell. */
  readonly #schema: Schema;
  readonly #division: Division | undefined;
  #open: OpenFile | undefined;

  constructor(plan: FilePlan, schema: Schema = plan.schema, division?: Division) {
    this.#plan = plan;
    this.#schema = schema;
    this.#division = division;
  }

  /** Records that the file at hand holds in memory. */
  get bufferedBytes(): number {
    return this.#open?.encoder.bufferedBytes ?? 0;
  }

  /** What an open file costs besides. */
  get overheadBytes(): number {
    return this.#open ? OPEN_FILE_BYTES + this.#open.flushes * this.#schema.fields.length * GROUP_COLUMN_BYTES : 0;
  }

  /** Records of the files' schema. A file that begins with columns is encoded natively, where that can be. */
  async write(batch: Batch): Promise<void> {
    this.#open ??= await this.#create(batch);
    const { file, encoder, sums } = this.#open;
    this.#open.rows += batch.length;
    for (const part of sums ? RowBatch.partsOf(batch) : [batch]) {
      await writeAll(file, await encoder.encode(part));
      if (part instanceof RowBatch) sums?.add(part);
    }
  }

  /** Puts what the encoder holds into the file, in a smaller row group than it could have had. */
  async flush(): Promise<void> {
    if (!this.#open || this.bufferedBytes === 0) return;
    this.#open.flushes++;
    await writeAll(this.#open.file, await this.#open.encoder.flush());
  }

  get isFull(): boolean {
    if (!this.#open) return false;
    return this.#open.file.sizeBytes + this.bufferedBytes >= this.#plan.options.target_size_mb * MIB;
  }

  /** Ends the file at hand, if there is one. */
  async finish(): Promise<readonly FileMetadata[]> {
    if (!this.#open) return [];
    const { file, encoder, native, rows, sums } = this.#open;
    await writeAll(file, await encoder.end());
    await native?.close();
    this.#open = undefined;
    const sealed = await file.seal();
    const own = native ? native.checksums() : sums?.build();
    const checksums = own && { checksums: this.#withShared(own, rows) };
    return [{ path: file.path, recordCount: rows, ...sealed, ...checksums }];
  }

  async discard(): Promise<void> {
    await this.#open?.file.discard();
    await this.#open?.native?.close();
    this.#open = undefined;
  }

  async #create(first: Batch): Promise<OpenFile> {
    const { format, options, asset, ctx, nextNumber } = this.#plan;
    if (!format.encoder) {
      throw new DativoError("DTV_STAGE_MISUSE", `The format '${format.name}' cannot be written`);
    }
    const context = { schema: this.#schema, metadata: contractMetadata(asset), checksums: true };
    const native =
      first instanceof RowBatch ? undefined : await ctx.native.encoder(format, options.format, context, ctx.signal);
    const encoder = native ?? format.encoder(options.format, context);
    for (const note of encoder.notes ?? []) ctx.log.warn(note);
    const suffix = format.suffix?.(options.format) ?? "";
    const number = String(nextNumber()).padStart(5, "0");
    const name = `${asset.name}-${number}.${format.extension}${suffix}`;
    const file = await ctx.storage.create(name, this.#division?.folders);
    return { file, encoder, native, rows: 0, flushes: 0, sums: native ? undefined : new ChecksumBuilder(this.#schema) };
  }

  /** A file has the sums of its records, also of what its folders say of them. */
  #withShared(own: readonly ColumnChecksum[], rows: number): readonly ColumnChecksum[] {
    const shared = (this.#division?.shared ?? []).map(({ field, cell }) => repeatedChecksum(field, cell, rows));
    const byName = new Map([...shared, ...own].map((column) => [column.name, column]));
    return this.#plan.schema.names.map((name) => byName.get(name) as ColumnChecksum);
  }
}

interface OpenFile {
  readonly file: StagedFile;
  readonly encoder: Encoder | NativeEncoder;
  /** The same one, where it is native, and sums what it is given. */
  readonly native: NativeEncoder | undefined;
  rows: number;
  /** Row groups that ended early. */
  flushes: number;
  readonly sums: ChecksumBuilder | undefined;
}

async function writeAll(file: StagedFile, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of chunks) await file.write(bytes);
}
