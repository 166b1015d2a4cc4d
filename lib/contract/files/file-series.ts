import type { AssetDefinition } from "../asset.ts";
import { ChecksumBuilder, type ColumnChecksum, repeatedChecksum } from "../checksums.ts";
import type { StageContext } from "../context.ts";
import { DativoError } from "../errors.ts";
import type { Encoder, Format } from "../format.ts";
import type { FileMetadata } from "../results.ts";
import type { RowBatch } from "../row-batch.ts";
import type { Schema } from "../schema.ts";
import type { StagedFile } from "../storage.ts";
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

  /** Records of the files' schema. */
  async write(batch: RowBatch): Promise<void> {
    this.#open ??= await this.#create();
    const { file, encoder, sums } = this.#open;
    this.#open.rows += batch.length;
    await writeAll(file, await encoder.encode(batch));
    sums.add(batch);
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
    const { file, encoder, rows, sums } = this.#open;
    await writeAll(file, await encoder.end());
    this.#open = undefined;
    const sealed = await file.seal();
    return [{ path: file.path, recordCount: rows, ...sealed, checksums: this.#withShared(sums.build(), rows) }];
  }

  async discard(): Promise<void> {
    await this.#open?.file.discard();
    this.#open = undefined;
  }

  async #create(): Promise<OpenFile> {
    const { format, options, asset, ctx, nextNumber } = this.#plan;
    if (!format.encoder) {
      throw new DativoError("DTV_STAGE_MISUSE", `The format '${format.name}' cannot be written`);
    }
    const encoder = format.encoder(options.format, { schema: this.#schema, metadata: contractMetadata(asset) });
    for (const note of encoder.notes ?? []) ctx.log.warn(note);
    const number = String(nextNumber()).padStart(5, "0");
    const file = await ctx.storage.create(`${asset.name}-${number}.${format.extension}`, this.#division?.folders);
    return { file, encoder, rows: 0, flushes: 0, sums: new ChecksumBuilder(this.#schema) };
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
  readonly encoder: Encoder;
  rows: number;
  /** Row groups that ended early. */
  flushes: number;
  readonly sums: ChecksumBuilder;
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
