import type { AssetDefinition } from "../../lib/contract/asset.ts";
import type { Batch } from "../../lib/contract/batch.ts";
import type { StageContext } from "../../lib/contract/context.ts";
import { CODES, type ErrorCode } from "../../lib/contract/errors.ts";
import { contractMetadata } from "../../lib/contract/files/contract-metadata.ts";
import { Schema } from "../../lib/contract/schema.ts";
import { PipeEncoder } from "../../lib/formats/arrow/pipe/pipe-encoder.ts";
import type { RecordStream } from "./record-stream.ts";

export interface PipeStreamInit {
  readonly asset: AssetDefinition;
  /** False for a stream that says nothing of its end but the mark of Arrow. */
  readonly hasTrailer: boolean;
  readonly ctx: StageContext;
}

/** Records for the next process of a pipe, which knows at its end whether it got all of them. */
export class PipeStream implements RecordStream {
  readonly #init: PipeStreamInit;
  #encoder: PipeEncoder | undefined;

  constructor(init: PipeStreamInit) {
    this.#init = init;
  }

  async *encode(batch: Batch): AsyncGenerator<Uint8Array> {
    this.#encoder ??= await this.#begin(batch.schema);
    yield* this.#encoder.encode(batch);
  }

  async *end(schema: Schema | undefined): AsyncGenerator<Uint8Array> {
    const { proof } = this.#init.ctx.standard;
    this.#encoder ??= await this.#begin(schema);
    yield* this.#encoder.end(proof === undefined ? {} : { proof });
  }

  /** The message itself stays here, where secrets are masked in it. */
  async *fail(schema: Schema | undefined, code: ErrorCode): AsyncGenerator<Uint8Array> {
    // Without a trailer a missing end mark is all that can say so.
    if (!this.#init.hasTrailer) return;
    this.#encoder ??= await this.#begin(schema);
    yield* this.#encoder.end({ error: { code, message: CODES[code][1] } });
  }

  async close(): Promise<void> {}

  /** The same records make the same stream, so that who loads it twice is seen to. */
  async #begin(schema: Schema = new Schema([])): Promise<PipeEncoder> {
    const { asset, hasTrailer, ctx } = this.#init;
    const metadata = contractMetadata(asset);
    const hash = await ctx.standard.hash();
    return new PipeEncoder({ schema, metadata }, { streamId: asset.name, hash, trailer: hasTrailer });
  }
}
