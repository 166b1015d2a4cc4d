import type { AssetDefinition } from "./asset.ts";
import type { Batch } from "./batch.ts";
import type { Format, SourceContext } from "./format.ts";
import type { ContentHash } from "./storage.ts";

/** Codecs in native code. They do what the format that names them does, with the same results. */
export interface NativeCodecs {
  /**
   * A decoder whose batches keep a contract, or undefined where there is none: for this format, these options, or this
   * contract.
   */
  decoder(
    format: Format,
    options: unknown,
    contract: AssetDefinition,
    signal: AbortSignal,
  ): Promise<NativeDecoder | undefined>;
  /** Why `decoder` gives none; undefined where it gives one. */
  refusal(format: Format, options: unknown, contract: AssetDefinition): Promise<string | undefined>;
}

/** Decodes one source after another. What must be unique is so over all of them. */
export interface NativeDecoder {
  /** In batches as large as suit the decoder, or as the option `batch_rows` says that it was made with. */
  decode(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncIterable<Batch>;
  /** What tells the content of a file while its bytes are at hand. */
  contentHash(): ContentHash;
  close(): Promise<void>;
}

/** Where nothing native is, or wanted. */
export const NO_NATIVE_CODECS: NativeCodecs = {
  decoder: async () => undefined,
  refusal: async () => "there are no native codecs here",
};
