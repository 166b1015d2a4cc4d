import type { Batch } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import type { Decoder, Format, SourceContext } from "../contract/format.ts";
import type { NativeDecoder } from "../contract/native-codecs.ts";
import { MAX_BATCH_ROWS } from "../contract/row-batch.ts";
import type { ContentHash } from "../contract/storage.ts";
import type { DecoderInit, LibraryDecoder } from "./native-decoder.ts";

/** A header, or the records of a first batch, that are longer than this are left to the format. */
const LOOK_BYTES = 6 * 1024 * 1024;

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

  /** `lookRows` are as many records as must be seen to know their names. */
  constructor(library: LibraryDecoder, { format, options }: DecoderInit, lookRows: number) {
    const { batch_rows: batchRows = MAX_BATCH_ROWS, ...own } = options;
    this.#library = library;
    this.#format = format;
    this.#options = own;
    this.#batchRows = Math.min(batchRows as number, MAX_BATCH_ROWS);
    this.#lookRows = Math.min(lookRows, this.#batchRows);
  }

  async *decode(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncGenerator<Batch> {
    const chunks = bytes[Symbol.asyncIterator]();
    try {
      const { looked, names } = await this.#look(chunks);
      const all = behind(looked, chunks);
      yield* names ? this.#library.decode(all, context, names) : this.#decodeHere(all, context);
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

  /** The names that the first bytes show, and those bytes. */
  async #look(chunks: AsyncIterator<Uint8Array>): Promise<{ looked: Uint8Array[]; names?: readonly string[] }> {
    const silent = (): void => {};
    const decoder = this.#decoder({ source: "", reject: silent, warn: silent }, this.#lookRows);
    const looked: Uint8Array[] = [];
    for (let length = 0; length < LOOK_BYTES; ) {
      const { value, done } = await chunks.next();
      if (done) break;
      length += value.length;
      const found = lookInto(decoder, value);
      if (found) return { looked: [...looked, value], ...found };
      // The memory of a chunk is used again for a later one.
      looked.push(new Uint8Array(value));
    }
    return { looked };
  }

  async *#decodeHere(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncGenerator<Batch> {
    const decoder = this.#decoder(context, this.#batchRows);
    for await (const chunk of bytes) yield* decoder.push(chunk);
    yield* decoder.end();
  }

  #decoder(context: SourceContext, batchRows: number): Decoder {
    const decoder = this.#format.decoder?.(this.#options, { ...context, batchRows });
    if (decoder) return decoder;
    throw new DativoError("DTV_STAGE_MISUSE", `The format '${this.#format.name}' cannot be read`);
  }
}

/** The names of the first batch that has some, none behind a fault; undefined where more must be seen. */
function lookInto(decoder: Decoder, bytes: Uint8Array): { names?: readonly string[] } | undefined {
  try {
    for (const { schema } of decoder.push(bytes)) if (schema.fields.length > 0) return { names: schema.names };
    return undefined;
  } catch (error) {
    // Whoever reads the source in earnest tells of it.
    if (error instanceof DativoError) return {};
    throw error;
  }
}

async function* behind(looked: readonly Uint8Array[], chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* looked;
  yield* { [Symbol.asyncIterator]: () => chunks };
}
