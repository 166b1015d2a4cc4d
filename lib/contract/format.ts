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
  /** So many of the first records are left out; only for `decodeAt`. */
  readonly skip?: number;
}

/** How native code decodes a file whose beginning or end was read here; or why it is not to. */
export type NativePlan =
  | {
      readonly schema: Schema;
      /** Records of the file. */
      readonly rows: number;
      /** So many of them make a batch of a few MiB. */
      readonly batchRows: number;
      /** Each column, in the order of the schema, as the library of the format wants to be told. */
      readonly columns: readonly unknown[];
    }
  | { readonly refusal: string };

/** Turns bytes, given in order and cut anywhere, into batches. Knows no files. */
export interface Decoder {
  push(bytes: Uint8Array): Iterable<Batch>;
  /** The records that are whole so far, for who cannot wait for a full batch. */
  flush?(): Iterable<Batch>;
  /** The last batches. @throws DativoError when the bytes end in the middle of something. */
  end(): Iterable<Batch>;
}

/** Counts records in bytes that are cut anywhere, good ones and bad. The bytes need last no longer than the call. */
export interface RecordCounter {
  push(bytes: Uint8Array): void;
  /** @throws DativoError when the bytes end in the middle of something. */
  end(): number;
}

/** A decoder that has to wait for something of its own, such as a library that it loads when it knows which. */
export interface AsyncDecoder {
  push(bytes: Uint8Array): AsyncIterable<Batch>;
  /** As of a {@link Decoder}. */
  end(): AsyncIterable<Batch>;
}

/** Bytes of known length that can be read at any place. */
export interface RandomAccess {
  readonly sizeBytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Turns batches of one schema into bytes. May hold records back until a page or row group is full. */
export interface Encoder {
  /** Whether it takes batches that lie in columns at any length, and makes no more of them than it must. */
  readonly takesColumns?: boolean;
  encode(batch: Batch): Promise<Uint8Array[]> | Uint8Array[];
  /** Memory held back, in bytes. */
  readonly bufferedBytes: number;
  /** What is done otherwise than the options ask, and why; the receipt says it. */
  readonly notes?: readonly string[];
  /** Where a library encodes records of this output as well: its blocks, as they stand behind what there is already. */
  place?(blocks: Uint8Array[]): Uint8Array[];
  /** Gives up what is held back, where the format allows (ends a row group early). */
  flush(): Promise<Uint8Array[]> | Uint8Array[];
  /** The last bytes of the file. */
  end(): Promise<Uint8Array[]> | Uint8Array[];
}

export interface EncodeContext {
  readonly schema: Schema;
  /** Goes into the file where the format has a place for it. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether a native encoder sums the columns as well. */
  readonly checksums?: boolean;
}

/** A codec: bytes ⇄ batches. A format reads as a stream, or at random places, or only writes. */
export interface Format {
  readonly name: string;
  /** Without a dot. */
  readonly extension: string;
  /** What follows the extension where files are written with these options: `.gz`. */
  suffix?(options: unknown): string;
  /** Name of the codec in native code that does the same; a format that shares a name with one of ours has none. */
  readonly native?: string;
  /** True when a file of whole lines, and more lines behind them, has the records that it had, and more behind them. */
  readonly isAppendable?: boolean;
  readonly decodeOptions?: OptionsSchema;
  readonly encodeOptions?: OptionsSchema;
  /** Options are as they were given; the codec checks them by its declaration. */
  decoder?(options: unknown, context: DecodeContext): Decoder;
  asyncDecoder?(options: unknown, context: DecodeContext): AsyncDecoder;
  decodeAt?(bytes: RandomAccess, options: unknown, context: DecodeContext): AsyncIterable<Batch>;
  /** For `decodeAt` in native code. @throws DativoError for what `decodeAt` does not read either */
  planNative?(bytes: RandomAccess, options: unknown, context: Pick<SourceContext, "source">): Promise<NativePlan>;
  /** Records without their values. What a decoder says of the end of one record, or of the file, a counter says too. */
  counter?(options: unknown, context: Pick<SourceContext, "source">): RecordCounter;
  countAt?(bytes: RandomAccess, options: unknown, context: Pick<SourceContext, "source">): Promise<number>;
  /** Types that the format can hold as they are; others are a clear error at `open`. */
  refuses?(field: Field): string | undefined;
  encoder?(options: unknown, context: EncodeContext): Encoder;
}
