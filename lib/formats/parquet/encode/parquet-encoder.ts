import type { Batch } from "../../../contract/batch.ts";
import { DativoError } from "../../../contract/errors.ts";
import type { EncodeContext, Encoder } from "../../../contract/format.ts";
import { RowBatch } from "../../../contract/row-batch.ts";
import { OneSchema } from "../../one-schema.ts";
import { MAX_ROW_GROUP_ROWS, type ParquetEncodeOptions } from "../parquet-options.ts";
import type { Slice } from "./gather-column.ts";
import { ParquetFile } from "./parquet-file.ts";
import { PendingRows } from "./pending-rows.ts";
import { loadWriterLibrary } from "./writer-library.ts";

/** Writes one file: records are held back until they make a row group. */
export class ParquetEncoder implements Encoder {
  /** What was done otherwise than asked, for the receipt. */
  readonly notes: readonly string[];
  readonly #options: ParquetEncodeOptions;
  readonly #context: EncodeContext;
  readonly #groupRows: number;
  readonly #pending: PendingRows = new PendingRows();
  #file: ParquetFile | undefined;
  readonly #schema: OneSchema;

  constructor(options: ParquetEncodeOptions, context: EncodeContext) {
    if (context.schema.fields.length === 0) {
      throw new DativoError("DTV_SCHEMA_INVALID", "A Parquet file needs at least one field");
    }
    this.#options = options;
    this.#context = context;
    this.#schema = new OneSchema(context.schema);
    this.#groupRows = Math.min(options.row_group_size, MAX_ROW_GROUP_ROWS);
    this.notes =
      options.row_group_size > MAX_ROW_GROUP_ROWS
        ? [`row_group_size ${options.row_group_size} is capped at ${MAX_ROW_GROUP_ROWS} to bound memory`]
        : [];
  }

  get bufferedBytes(): number {
    return this.#pending.sizeBytes;
  }

  async encode(batch: Batch): Promise<Uint8Array[]> {
    this.#schema.check(batch.schema);
    this.#pending.add(RowBatch.from(batch));
    const chunks: Uint8Array[] = [];
    while (this.#pending.rows >= this.#groupRows)
      chunks.push(await this.#writeGroup(this.#pending.take(this.#groupRows)));
    return chunks;
  }

  async flush(): Promise<Uint8Array[]> {
    const { rows } = this.#pending;
    return rows > 0 ? [await this.#writeGroup(this.#pending.take(rows))] : [];
  }

  async end(): Promise<Uint8Array[]> {
    const chunks = await this.flush();
    const file = await this.#open();
    return [...chunks, file.finish()];
  }

  async #writeGroup(slices: readonly Slice[]): Promise<Uint8Array> {
    return (await this.#open()).writeGroup(slices);
  }

  async #open(): Promise<ParquetFile> {
    this.#file ??= new ParquetFile(await loadWriterLibrary(this.#options), this.#options, this.#context);
    return this.#file;
  }
}
