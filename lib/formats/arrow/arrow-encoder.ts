import type { Batch } from "../../contract/batch.ts";
import type { EncodeContext, Encoder } from "../../contract/format.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { CellBatch } from "./cell-batch.ts";
import { StreamEncoder } from "./ipc/stream-encoder.ts";
import { END_OF_STREAM, type FileBlock, fileFooter, type WrittenMessage } from "./ipc/write-message.ts";

export type ArrowForm = "file" | "stream";

/** Fills up to a multiple of eight. */
const FILE_MAGIC = Buffer.from("ARROW1\0\0", "latin1");

/** Each batch goes out as one record batch, as it comes. */
export class ArrowEncoder implements Encoder {
  readonly bufferedBytes = 0;
  readonly takesColumns = true;
  readonly #stream: StreamEncoder;
  readonly #isFile: boolean;
  readonly #batches: FileBlock[] = [];
  #position = 0;

  constructor({ schema, metadata }: EncodeContext, form: ArrowForm) {
    this.#stream = new StreamEncoder(schema, metadata);
    this.#isFile = form === "file";
  }

  /** Columns that have another form in a file become cells, of not too many records at a time. */
  encode(batch: Batch): Uint8Array[] {
    if (!(batch instanceof CellBatch) || batch.isPlain) return this.#encode(batch);
    return [...RowBatch.partsOf(batch)].flatMap((part) => this.#encode(part));
  }

  #encode(batch: Batch): Uint8Array[] {
    const before = this.#begin(batch);
    const message = this.#stream.batch(batch);
    const { headBytes, bodyBytes } = message;
    if (this.#isFile) this.#batches.push({ at: this.#position, headBytes, bodyBytes });
    return [...before, ...this.#counted(message)];
  }

  flush(): Uint8Array[] {
    return [];
  }

  end(): Uint8Array[] {
    const last = [...this.#begin(), END_OF_STREAM];
    if (!this.#isFile) return last;
    return [...last, fileFooter(this.#stream.fields, this.#stream.metadata, this.#batches)];
  }

  #begin(first?: Batch): Uint8Array[] {
    const schema = this.#stream.begin(first);
    if (!schema) return [];
    const magic = this.#isFile ? [FILE_MAGIC] : [];
    this.#position = this.#isFile ? FILE_MAGIC.length : 0;
    return [...magic, ...this.#counted(schema)];
  }

  #counted({ bytes, headBytes, bodyBytes }: WrittenMessage): readonly Uint8Array[] {
    this.#position += headBytes + bodyBytes;
    return bytes;
  }
}
