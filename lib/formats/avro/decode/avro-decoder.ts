import type { Batch } from "../../../contract/batch.ts";
import type { AsyncDecoder, DecodeContext } from "../../../contract/format.ts";
import { piecesOf } from "../../text/byte-window.ts";
import type { AvroDecodeOptions } from "../avro-options.ts";
import { damaged } from "../fault.ts";
import { Container } from "./container.ts";
import { RecordReader } from "./record-reader.ts";

/**
 * Bytes of a container file → typed batches.
 *
 * What is wrong inside a block ends the file, since nothing tells where the next value begins; the records before it are
 * given out.
 *
 * @throws DativoError DTV_AVRO_INVALID for bytes that are no sound file, DTV_RECORD_TOO_LARGE
 */
export class AvroDecoder implements AsyncDecoder {
  readonly #context: DecodeContext;
  /** Memory for one record: with a block as it is, and once more inflated, it is what all takes. */
  readonly #mostWeight: number;
  readonly #container: Container;
  #records: RecordReader | undefined;

  constructor(options: AvroDecodeOptions, context: DecodeContext) {
    this.#context = context;
    this.#mostWeight = options.max_block_bytes / 2;
    this.#container = new Container(options.max_block_bytes);
  }

  async *push(bytes: Uint8Array): AsyncGenerator<Batch> {
    for (const piece of piecesOf(bytes)) {
      this.#container.append(piece);
      yield* this.#guard(this.#advance());
    }
  }

  async *end(): AsyncGenerator<Batch> {
    yield* this.#guard(this.#finish());
  }

  /** Tells a fault with its place, behind the records that were read before it. */
  async *#guard(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
    try {
      yield* batches;
    } catch (error) {
      const { block, offset } = this.#container;
      const record = this.#records?.record;
      if (this.#records) yield* this.#records.rest();
      throw damaged({ source: this.#context.source, block, offset, record }, error);
    }
  }

  async *#advance(): AsyncGenerator<Batch> {
    this.#records ??= await this.#open();
    if (!this.#records) return;
    for (;;) {
      const block = this.#container.readBlock();
      if (!block) return;
      yield* this.#records.read(block);
      this.#container.moveOn();
    }
  }

  async *#finish(): AsyncGenerator<Batch> {
    this.#container.end();
    if (this.#records) yield* this.#records.rest();
  }

  async #open(): Promise<RecordReader | undefined> {
    const header = await this.#container.readHeader();
    if (!header) return undefined;
    const records = new RecordReader(header.schema, this.#mostWeight, this.#context);
    this.#container.moveOn();
    return records;
  }
}
