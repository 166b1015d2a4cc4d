import type { Batch } from "../contract/batch.ts";
import { decodeBytes } from "../contract/files/decode-bytes.ts";
import type { Format, SourceContext } from "../contract/format.ts";
import type { NativeDecoder } from "../contract/native-codecs.ts";
import { MAX_BATCH_ROWS } from "../contract/row-batch.ts";
import type { ContentHash } from "../contract/storage.ts";
import type { Lexical } from "../formats/arrow/arrow-field.ts";
import { behind, lookForBatch, silentDecoder } from "./first-batch.ts";
import type { DecoderInit, LibraryDecoder } from "./native-decoder.ts";
import { UntypedColumns } from "./untyped-columns.ts";

/**
 * A decoder of a library without a contract. The format itself finds the columns in the first bytes; a source in which
 * it finds none, or a fault, is its alone, so that what it says of such a source is said once.
 */
export class UntypedDecoder implements NativeDecoder {
  readonly #library: LibraryDecoder;
  readonly #format: Format;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #batchRows: number;
  readonly #lookRows: number;
  readonly #lexical: Lexical;

  /** `lookRows` are as many records as must be seen to know their names. */
  constructor(library: LibraryDecoder, { format, options }: DecoderInit, lexical: Lexical, lookRows: number) {
    const { batch_rows: batchRows = MAX_BATCH_ROWS, ...own } = options;
    this.#library = library;
    this.#format = format;
    this.#options = own;
    this.#lexical = lexical;
    this.#batchRows = Math.min(batchRows as number, MAX_BATCH_ROWS);
    this.#lookRows = Math.min(lookRows, this.#batchRows);
  }

  async *decode(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncGenerator<Batch> {
    const chunks = bytes[Symbol.asyncIterator]();
    try {
      const decoder = silentDecoder(this.#format, this.#options, this.#lookRows);
      const isWanted = ({ schema }: Batch): boolean => schema.fields.length > 0;
      const { looked, first } = await lookForBatch({ decoder, isWanted, isEndWanted: false }, chunks);
      const all = behind(looked, chunks);
      yield* first
        ? this.#library.decode(all, context, new UntypedColumns(first.schema.names, this.#lexical))
        : decodeBytes(this.#format, this.#options, all, { ...context, batchRows: this.#batchRows });
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
}
