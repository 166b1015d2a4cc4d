import type { Batch } from "./batch.ts";
import type { OptionsSchema } from "./options.ts";
import type { Reject } from "./reject.ts";
import type { Field, Schema } from "./schema.ts";

/** What a decoder is told about the bytes it gets, and where it hands over what is no record. */
export interface SourceContext {
  /** Name of the source, for provenance and messages. */
  readonly source: string;
  reject(reject: Reject): void;
  warn(message: string): void;
}

export interface DecodeContext extends SourceContext {
  /** Records per batch, at most. */
  readonly batchRows: number;
}

/** Turns bytes, given in order and cut anywhere, into batches. Knows no files. */
export interface Decoder {
  push(bytes: Uint8Array): Iterable<Batch>;
  /** The last batches. @throws DativoError when the bytes end in the middle of something. */
  end(): Iterable<Batch>;
}

/** Bytes of known length that can be read at any place. */
export interface RandomAccess {
  readonly sizeBytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Turns batches of one schema into bytes. May hold records back until a page or row group is full. */
export interface Encoder {
  encode(batch: Batch): Promise<Uint8Array[]> | Uint8Array[];
  /** Memory held back, in bytes. */
  readonly bufferedBytes: number;
  /** What is done otherwise than the options ask, and why; the receipt says it. */
  readonly notes?: readonly string[];
  /** Gives up what is held back, where the format allows (ends a row group early). */
  flush(): Promise<Uint8Array[]> | Uint8Array[];
  /** The last bytes of the file. */
  end(): Promise<Uint8Array[]> | Uint8Array[];
}

export interface EncodeContext {
  readonly schema: Schema;
  /** Goes into the file where the format has a place for it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A codec: bytes ⇄ batches. A format reads as a stream, or at random places, or only writes. */
export interface Format {
  readonly name: string;
  /** Without a dot. */
  readonly extension: string;
  /** Name of the codec in native code that does the same; a format that shares a name with one of ours has none. */
  readonly native?: string;
  /** True when a file of whole lines, and more lines behind them, has the records that it had, and more behind them. */
  readonly isAppendable?: boolean;
  readonly decodeOptions?: OptionsSchema;
  readonly encodeOptions?: OptionsSchema;
  /** Options are as they were given; the codec checks them by its declaration. */
  decoder?(options: unknown, context: DecodeContext): Decoder;
  decodeAt?(bytes: RandomAccess, options: unknown, context: DecodeContext): AsyncIterable<Batch>;
  /** Types that the format can hold as they are; others are a clear error at `open`. */
  refuses?(field: Field): string | undefined;
  encoder?(options: unknown, context: EncodeContext): Encoder;
}
