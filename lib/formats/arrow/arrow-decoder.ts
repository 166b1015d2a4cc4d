import type { Batch } from "../../contract/batch.ts";
import { DativoError } from "../../contract/errors.ts";
import type { AsyncDecoder, DecodeContext } from "../../contract/format.ts";
import { MAX_BATCH_ROWS, RowBatch } from "../../contract/row-batch.ts";
import type { ArrowBatch } from "./arrow-batch.ts";
import { type ArrowDecodeOptions, messageLimitOf } from "./arrow-options.ts";
import { must, unreadable } from "./fault.ts";
import { FileFooter } from "./file-footer.ts";
import { loadCodecs } from "./ipc/body-buffers.ts";
import { StreamDecoder } from "./ipc/stream-decoder.ts";
import { STREAM, TRAILER } from "./pipe/pipe-words.ts";
import { TrailerReader } from "./pipe/trailer.ts";

/**
 * An Arrow file or stream, which of the two its first bytes tell, read from its beginning to its end. Of a file the
 * footer is held against what was read.
 */
export class ArrowDecoder implements AsyncDecoder {
  readonly #options: ArrowDecodeOptions;
  readonly #context: DecodeContext;
  readonly #stream: StreamDecoder;
  readonly #footer: FileFooter;
  /** Of what a dativo process sent, and somebody kept. */
  readonly #trailer = new TrailerReader();

  constructor(options: ArrowDecodeOptions, context: DecodeContext) {
    this.#options = options;
    this.#context = context;
    this.#stream = new StreamDecoder(context.source, messageLimitOf(options));
    this.#footer = new FileFooter(messageLimitOf(options));
  }

  async *push(bytes: Uint8Array): AsyncGenerator<Batch> {
    await loadCodecs();
    try {
      for (const part of this.#stream.push(bytes)) {
        if (part.part === "rest") this.#takeRest(part.bytes);
        else if (part.part === "batch") yield* inBatches(part.batch, this.#context);
      }
    } catch (error) {
      throw unreadable(this.#context.source, error);
    }
  }

  async *end(): AsyncGenerator<Batch> {
    const { schema, isFile, blocks, rows } = this.#stream;
    try {
      this.#stream.end(this.#options.require_end);
      must(schema !== undefined, "it has no schema");
      if (isFile) this.#footer.end(blocks);
      else this.#requireTrailer();
    } catch (error) {
      throw unreadable(this.#context.source, error);
    }
    if (rows === 0) yield RowBatch.empty(schema.schema);
  }

  #takeRest(bytes: Uint8Array): void {
    if (this.#stream.isFile) this.#footer.push(bytes);
    else {
      must(this.#isPiped, "more bytes follow its end-of-stream mark");
      this.#trailer.push(bytes);
    }
  }

  get #isPiped(): boolean {
    return this.#stream.schema?.metadata[STREAM] !== undefined;
  }

  /** Bytes that lie in a file need no digest; but a stage that failed must not pass for one that did not. */
  #requireTrailer(): void {
    if (!this.#isPiped || this.#stream.schema?.metadata[TRAILER] === "none") return;
    const trailer = this.#trailer.end();
    if (typeof trailer === "string") throw this.#incomplete(trailer);
    if (trailer.outcome !== "ok") throw this.#incomplete(`the process that made it failed: ${trailer.error?.message}`);
    if (trailer.rows !== this.#stream.rows) throw this.#incomplete(`${trailer.rows} records were sent`);
  }

  #incomplete(what: string): DativoError {
    const { source } = this.#context;
    return new DativoError("DTV_UPSTREAM_INCOMPLETE", `${source} is not all that was sent: ${what}`, {
      culprit: source,
      hint: "Run the process that made it again, and look at what it says.",
    });
  }
}

/** A record batch stays whole, as columns, unless fewer records at a time are asked for than JavaScript likes. */
export function inBatches(batch: ArrowBatch, { batchRows }: Pick<DecodeContext, "batchRows">): Iterable<Batch> {
  return batchRows < MAX_BATCH_ROWS ? batch.slices(batchRows) : [batch];
}
