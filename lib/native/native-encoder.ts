import type { Batch } from "../contract/batch.ts";
import { addChecksums, ChecksumBuilder, type ColumnChecksum, checksumsIn } from "../contract/checksums.ts";
import { DativoError } from "../contract/errors.ts";
import type { EncodeContext, Encoder } from "../contract/format.ts";
import type { NativeEncoder } from "../contract/native-codecs.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import { unfitCell } from "../formats/text/write-cells.ts";
import { Abi2Transform } from "./abi2-transform.ts";
import { NativeArray, offsetAt } from "./import-column.ts";
import { BATCH } from "./layout.ts";
import { lendRecords } from "./lent-records.ts";
import type { NativeLibrary } from "./library.ts";
import { NativeRows } from "./native-rows.ts";
import { TwoBlocks } from "./two-blocks.ts";

/**
 * An encoder of a library beside that of the format, `rows`, whose text is the same. The library takes batches that lie in
 * columns; the others, and what stands before and behind all records, are for the format.
 */
export class LibraryEncoder implements NativeEncoder {
  readonly bufferedBytes = 0;
  readonly #library: NativeLibrary;
  readonly #transform: Abi2Transform;
  readonly #rows: Encoder;
  readonly #context: EncodeContext;
  readonly #rowSums: ChecksumBuilder | undefined;
  readonly #blocks = new TwoBlocks();
  /** The schema that the library was last told. */
  #opened: Schema | undefined;
  #checksums: readonly ColumnChecksum[] | undefined;

  /** @throws DativoError with what the library says against its configuration */
  static async create(
    library: NativeLibrary,
    symbol: string,
    rows: Encoder,
    options: unknown,
    context: EncodeContext,
    signal: AbortSignal,
  ): Promise<LibraryEncoder> {
    const transform = new Abi2Transform(library, symbol);
    await transform.create({ engine: { options }, checksums: context.checksums === true }, signal);
    return new LibraryEncoder(library, transform, rows, context);
  }

  private constructor(library: NativeLibrary, transform: Abi2Transform, rows: Encoder, context: EncodeContext) {
    this.#library = library;
    this.#transform = transform;
    this.#rows = rows;
    this.#context = context;
    this.#rowSums = context.checksums ? new ChecksumBuilder(context.schema) : undefined;
  }

  /** @throws DativoError DTV_VALUE_UNFIT for a value that has no text; nothing of its batch is given then. */
  async *encode(batch: Batch): AsyncGenerator<Uint8Array> {
    const lent = batch.schema.isAlike(this.#context.schema) ? lendRecords(this.#library, batch) : undefined;
    if (!lent) {
      yield* await this.#encodeRows(batch);
      return;
    }
    try {
      await this.#open(batch.schema);
      for await (const out of this.#transform.apply(lent.struct)) {
        const block = takeBlock(out, this.#blocks);
        // Not before the library has taken the whole batch: where it refuses one, its file has no header either.
        if (block.length > 0) yield* this.#rows.place?.([block]) ?? [block];
      }
    } catch (error) {
      throw placed(error, batch);
    } finally {
      NativeRows.takeFrom(lent.struct, BATCH.rows)?.release();
      lent.release();
    }
  }

  flush(): Uint8Array[] {
    return [];
  }

  async end(): Promise<Uint8Array[]> {
    const [inRows, inColumns] = [this.#rowSums?.build(), await this.#takeChecksums()];
    this.#checksums = inColumns ? addChecksums([inColumns, inRows]) : inRows;
    return this.#rows.end();
  }

  checksums(): readonly ColumnChecksum[] | undefined {
    return this.#checksums;
  }

  close(): Promise<void> {
    return this.#transform.close();
  }

  async #encodeRows(batch: Batch): Promise<Uint8Array[]> {
    const blocks: Uint8Array[] = [];
    for (const part of RowBatch.partsOf(batch)) {
      blocks.push(...(await this.#rows.encode(part)));
      this.#rowSums?.add(part);
    }
    return blocks;
  }

  /** Told anew where columns may lie otherwise. */
  async #open(schema: Schema): Promise<void> {
    if (schema === this.#opened) return;
    await this.#transform.open(schema);
    this.#opened = schema;
  }

  async #takeChecksums(): Promise<readonly ColumnChecksum[] | undefined> {
    if (!this.#opened) return undefined;
    const blocks: Buffer[] = [];
    for await (const out of this.#transform.flush()) blocks.push(Buffer.from(takeBlock(out, this.#blocks)));
    return this.#rowSums && checksumsIn({ checksums: JSON.parse(Buffer.concat(blocks).toString("utf8")) });
  }
}

/** The one value of a batch of bytes, as a copy in one of the blocks. */
function takeBlock(out: Buffer, blocks: TwoBlocks): Buffer {
  const rows = NativeRows.takeFrom(out, BATCH.rows);
  if (!rows) return Buffer.alloc(0);
  try {
    const column = new NativeArray(rows.struct).child(0);
    const [from, to] = [offsetAt(column, 4, 0), offsetAt(column, 4, 1)];
    const block = blocks.next(to - from);
    column.copyTo(block, 2, from);
    return block;
  } finally {
    rows.release();
  }
}

/** The library knows a cell by its numbers in the batch; its name and place are known here. */
function placed(error: unknown, batch: Batch): unknown {
  if (!(error instanceof DativoError) || error.code !== "DTV_VALUE_UNFIT") return error;
  const { field, row, reason } = error.details;
  const name = batch.schema.names[Number(field)];
  return name === undefined ? error : unfitCell(batch, name, Number(row), String(reason));
}
