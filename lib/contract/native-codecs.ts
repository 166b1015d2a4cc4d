import type { AssetDefinition } from "./asset.ts";
import type { Batch } from "./batch.ts";
import type { ColumnChecksum } from "./checksums.ts";
import type { EncodeContext, Encoder, Format, SourceContext } from "./format.ts";
import type { Schema } from "./schema.ts";
import type { ContentHash, SourceFile } from "./storage.ts";

/** Codecs in native code. They do what the format that names them does, with the same results. */
export interface NativeCodecs {
  /**
   * A decoder whose batches keep a contract, or have untyped fields without one. Undefined where there is none: for this
   * format, these options, or this contract.
   *
   * With `settleRows` it may give fields the types that a writer would read off a first batch of so many records: a batch
   * in which something does not fit is untyped then, for the writer to judge.
   */
  decoder(
    format: Format,
    options: unknown,
    contract: AssetDefinition | undefined,
    signal: AbortSignal,
    settleRows?: number,
  ): Promise<NativeDecoder | undefined>;
  /** Why `decoder` gives none; undefined where it gives one. */
  refusal(format: Format, options: unknown, contract: AssetDefinition | undefined): Promise<string | undefined>;
  /**
   * An encoder of one file or stream, or undefined where there is none: for this format or this schema. It is for batches
   * that lie in columns; batches of rows it leaves to the format.
   */
  encoder(
    format: Format,
    options: unknown,
    context: EncodeContext,
    signal: AbortSignal,
  ): Promise<NativeEncoder | undefined>;
  /** Why `encoder` gives none, of a schema where that is known; undefined where it gives one. */
  encoderRefusal(format: Format, schema?: Schema): string | undefined;
  /** What decodes files of a format that reads at random places, or why there is nothing that does. */
  reader(
    format: Format,
    options: unknown,
    signal: AbortSignal,
  ): Promise<NativeFileReader | { readonly refusal: string }>;
  /** What counts the records of one source; undefined where there is none for this format or these options. */
  counter(format: Format, options: unknown, source: string, signal: AbortSignal): Promise<NativeCounter | undefined>;
}

/** Decodes files that lie where native code can read them. */
export interface NativeFileReader {
  /**
   * The same records as the format's own decoder gives, by which it goes on where native code does not get further;
   * `tell` is then told why.
   */
  read(file: SourceFile, context: NativeReadContext): AsyncIterable<Batch>;
  /** Why nothing of a file is decoded natively; undefined where something is. */
  refusalOf(file: SourceFile): Promise<string | undefined>;
}

export interface NativeReadContext extends SourceContext {
  /** Records per batch, at most; by default what suits each of the two decoders. */
  readonly batchRows: number | undefined;
  /** A folder of this machine for a copy of a file that lies elsewhere; undefined where it may not all be wanted. */
  readonly copies?: string | undefined;
  tell(reason: string): void;
}

/** Counts as a `RecordCounter` does, on another thread. The bytes need last no longer than the call. */
export interface NativeCounter {
  push(bytes: Uint8Array): Promise<void>;
  end(): Promise<number>;
  close(): Promise<void>;
}

/** Decodes one source after another. What must be unique is so over all of them. */
export interface NativeDecoder {
  /** In batches as large as suit the decoder, or as the option `batch_rows` says that it was made with. */
  decode(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncIterable<Batch>;
  /** What tells the content of a file while its bytes are at hand. */
  contentHash(): ContentHash;
  close(): Promise<void>;
}

/** Encodes off the main thread: while it is at a batch, the next can be read. */
export interface NativeEncoder extends Omit<Encoder, "encode"> {
  /** Blocks whose memory is used again: one is overwritten when the second one after it is asked for. */
  encode(batch: Batch): AsyncIterable<Uint8Array>;
  /** What the columns held, when the end is written and the context asked for it. */
  checksums(): readonly ColumnChecksum[] | undefined;
  /** Gives the encoder back to its library; also when its file is given up. */
  close(): Promise<void>;
}

const NONE = "there are no native codecs here";

/** Where nothing native is, or wanted. */
export const NO_NATIVE_CODECS: NativeCodecs = {
  decoder: async () => undefined,
  refusal: async () => NONE,
  encoder: async () => undefined,
  encoderRefusal: () => NONE,
  reader: async () => ({ refusal: NONE }),
  counter: async () => undefined,
};
