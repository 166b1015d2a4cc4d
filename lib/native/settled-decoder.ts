import type { Batch } from "../contract/batch.ts";
import { decodeBytes } from "../contract/files/decode-bytes.ts";
import type { Format, SourceContext } from "../contract/format.ts";
import type { NativeDecoder } from "../contract/native-codecs.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { TypeSettler } from "../contract/settle-types.ts";
import type { ContentHash } from "../contract/storage.ts";
import type { Lexical } from "../formats/arrow/arrow-field.ts";
import { behind, type LookedAt, lookForBatch, silentDecoder } from "./first-batch.ts";
import type { FoundColumns } from "./found-columns.ts";
import type { DecoderInit, LibraryDecoder } from "./native-decoder.ts";
import { SettledColumns } from "./settled-columns.ts";
import { UntypedColumns } from "./untyped-columns.ts";

export interface SettledRows {
  readonly lexical: Lexical;
  /** Records of a batch of the format, at most. */
  readonly batchRows: number;
  /** As many records as must be seen to know names and types. */
  readonly lookRows: number;
}

/**
 * A decoder of a library that reads the types off the first batch of the format, as the writer would that gets it, and
 * gives typed batches of all sources. A batch in which something does not fit is untyped, for the writer to judge.
 */
export class SettledDecoder implements NativeDecoder {
  readonly #library: LibraryDecoder;
  readonly #format: Format;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #rows: SettledRows;
  #settled: SettledColumns | undefined;
  /** The writer has got records whose types it settled itself. */
  #isSettledBehind = false;

  constructor(library: LibraryDecoder, { format, options }: DecoderInit, rows: SettledRows) {
    const { batch_rows: _, ...own } = options;
    this.#library = library;
    this.#format = format;
    this.#options = own;
    this.#rows = rows;
  }

  async *decode(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncGenerator<Batch> {
    const chunks = bytes[Symbol.asyncIterator]();
    try {
      // Objects name their own members, and text has a header.
      const isKnown = this.#settled !== undefined && this.#rows.lexical === "json";
      const { looked, first } = isKnown ? { looked: [], first: undefined } : await this.#look(chunks);
      const columns = isKnown ? this.#settled : first && this.#columnsOf(first);
      const all = behind(looked, chunks);
      yield* columns ? this.#library.decode(all, context, columns) : this.#decodeHere(all, context);
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

  #look(chunks: AsyncIterator<Uint8Array>): Promise<LookedAt> {
    const decoder = silentDecoder(this.#format, this.#options, this.#rows.lookRows);
    return lookForBatch({ decoder, isWanted: ({ length }) => length > 0, isEndWanted: true }, chunks);
  }

  /** None where the first records have no fields. */
  #columnsOf(first: Batch): FoundColumns | undefined {
    const { names } = first.schema;
    if (names.length === 0) return undefined;
    const { lexical } = this.#rows;
    if (this.#isSettledBehind) return new UntypedColumns(names, lexical);
    this.#settled ??= new SettledColumns(new TypeSettler(RowBatch.from(first)).schema, lexical);
    return this.#settled.of(names);
  }

  /** What the format says of a source without records, or with a fault, is said once. */
  async *#decodeHere(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncGenerator<Batch> {
    const around = { ...context, batchRows: this.#rows.batchRows };
    for await (const batch of decodeBytes(this.#format, this.#options, bytes, around)) {
      this.#isSettledBehind ||= batch.length > 0;
      yield batch;
    }
  }
}
