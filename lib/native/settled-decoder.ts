import type { Batch } from "../contract/batch.ts";
import type { Format, SourceContext } from "../contract/format.ts";
import type { NativeDecoder } from "../contract/native-codecs.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { TypeSettler } from "../contract/settle-types.ts";
import type { ContentHash } from "../contract/storage.ts";
import { behind, lookForBatch, openDecoder, silentDecoder } from "./first-batch.ts";
import type { DecoderInit, LibraryDecoder } from "./native-decoder.ts";
import { SettledColumns } from "./settled-columns.ts";

/**
 * A decoder of a library that reads the types off the first batch of the format, as the writer would that gets it, and
 * gives typed batches of all sources. A batch in which something does not fit is untyped, for the writer to judge.
 */
export class SettledDecoder implements NativeDecoder {
  readonly #library: LibraryDecoder;
  readonly #format: Format;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #batchRows: number;
  #columns: SettledColumns | undefined;
  /** The writer has got records whose types it settled itself. */
  #isSettledBehind = false;

  /** `batchRows` are the records of a batch of the format, at most. */
  constructor(library: LibraryDecoder, { format, options }: DecoderInit, batchRows: number) {
    const { batch_rows: _, ...own } = options;
    this.#library = library;
    this.#format = format;
    this.#options = own;
    this.#batchRows = batchRows;
  }

  async *decode(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncGenerator<Batch> {
    const chunks = bytes[Symbol.asyncIterator]();
    try {
      const looked = this.#columns || this.#isSettledBehind ? [] : await this.#settle(chunks);
      const all = behind(looked, chunks);
      yield* this.#columns ? this.#library.decode(all, context, this.#columns) : this.#decodeHere(all, context);
    } finally {
      await chunks.return?.();
    }
  }

  contentHash(): ContentHash {
    return this.#library.contentHash();
  }

  close(): Promise<void> {
    return this.#library.close();
  }

  /** Reads the types off the first records, if there are some and they have fields; gives the bytes of them. */
  async #settle(chunks: AsyncIterator<Uint8Array>): Promise<readonly Uint8Array[]> {
    const decoder = silentDecoder(this.#format, this.#options, this.#batchRows);
    const { looked, first } = await lookForBatch(
      { decoder, isWanted: ({ length }) => length > 0, isEndWanted: true },
      chunks,
    );
    const settled = first && new TypeSettler(RowBatch.from(first)).schema;
    if (settled && settled.fields.length > 0) this.#columns = new SettledColumns(settled);
    return looked;
  }

  /** What the format says of a source without records, or with a fault, is said once. */
  async *#decodeHere(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncGenerator<Batch> {
    const decoder = openDecoder(this.#format, this.#options, { ...context, batchRows: this.#batchRows });
    for await (const chunk of bytes) yield* this.#noted(decoder.push(chunk));
    yield* this.#noted(decoder.end());
  }

  *#noted(batches: Iterable<Batch>): Generator<Batch> {
    for (const batch of batches) {
      this.#isSettledBehind ||= batch.length > 0;
      yield batch;
    }
  }
}
