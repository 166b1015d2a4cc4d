import type { Batch } from "../../lib/contract/batch.ts";
import type { StageContext } from "../../lib/contract/context.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { refuseFields } from "../../lib/contract/files/file-writer.ts";
import type { Encoder, Format } from "../../lib/contract/format.ts";
import { holdFields } from "../../lib/contract/hold-fields.ts";
import type { NativeEncoder } from "../../lib/contract/native-codecs.ts";
import { MAX_BATCH_ROWS, RowBatch } from "../../lib/contract/row-batch.ts";
import { Schema } from "../../lib/contract/schema.ts";
import { TypeSettler } from "../../lib/contract/settle-types.ts";
import type { RecordStream } from "./record-stream.ts";

export interface FormatStreamInit {
  readonly format: Format;
  readonly options: unknown;
  /** Types are told from the first batch where nothing says them; else values are taken as they are. */
  readonly isTyped: boolean;
  /** Every record names its own fields, so that later ones may have others. */
  readonly isOpen: boolean;
  /** The format has bytes around the records, also around none of which no columns are known. */
  readonly isFramed: boolean;
  readonly ctx: StageContext;
}

/** Records in a format that files have, too. */
export class FormatStream implements RecordStream {
  readonly #init: FormatStreamInit;
  #encoder: Encoder | NativeEncoder | undefined;
  /** The same one, where it is of a library. */
  #native: NativeEncoder | undefined;
  /** Of the batches that the encoder was opened for. */
  #schema: Schema | undefined;
  /** Makes batches what the encoder was opened for. */
  #shape: (batch: Batch) => Batch = (batch) => batch;

  constructor(init: FormatStreamInit) {
    this.#init = init;
  }

  async *encode(batch: Batch): AsyncGenerator<Uint8Array> {
    if (this.#init.isOpen && batch.schema !== this.#schema) yield* this.#finish();
    this.#encoder ??= await this.#begin(batch);
    const isWhole = this.#native !== undefined || (this.#encoder.takesColumns === true && !isUntyped(batch));
    for (const part of isWhole ? [batch] : (batch.slices?.(MAX_BATCH_ROWS) ?? [batch])) {
      yield* await this.#encoder.encode(this.#shape(part));
    }
  }

  async *end(schema: Schema | undefined): AsyncGenerator<Uint8Array> {
    const known = schema ?? (this.#init.isFramed ? new Schema([]) : undefined);
    this.#encoder ??= known && (await this.#begin(RowBatch.empty(known)));
    yield* this.#finish();
  }

  /** A document that is not closed, a table that stops: there are no words for it. */
  async *fail(): AsyncGenerator<Uint8Array> {}

  async close(): Promise<void> {
    await this.#native?.close();
  }

  async *#finish(): AsyncGenerator<Uint8Array> {
    if (this.#encoder) yield* await this.#encoder.end();
    await this.#native?.close();
    this.#encoder = undefined;
    this.#native = undefined;
  }

  async #begin(first: Batch): Promise<Encoder | NativeEncoder> {
    const { format, options, ctx } = this.#init;
    this.#schema = first.schema;
    const context = { schema: this.#settle(first), metadata: {} };
    if (!format.encoder) throw new DativoError("DTV_STAGE_MISUSE", `The format '${format.name}' cannot be written`);
    if (!(first instanceof RowBatch)) this.#native = await ctx.native.encoder(format, options, context, ctx.signal);
    return this.#native ?? format.encoder(options, context);
  }

  /** The schema that is written. */
  #settle(first: Batch): Schema {
    const { format, isTyped, isOpen } = this.#init;
    const settled = isTyped && isUntyped(first) ? new TypeSettler(RowBatch.from(first)) : undefined;
    const schema = settled?.schema ?? first.schema;
    refuseFields(format, schema);
    if (settled) this.#shape = (batch) => settled.apply(RowBatch.from(batch));
    else if (!isOpen) this.#shape = isTyped ? holdTypes(schema) : holdFields(schema);
    return schema;
  }
}

/** A reader that settled the types itself gives the values that do not fit them as they stand. */
function holdTypes(schema: Schema): (batch: Batch) => Batch {
  const [hold, settler] = [holdFields(schema), new TypeSettler(RowBatch.empty(schema))];
  return (batch) => (isUntyped(batch) ? settler.apply(RowBatch.from(batch)) : hold(batch));
}

function isUntyped({ schema }: Batch): boolean {
  return schema.fields.some(({ lexical }) => lexical);
}
