import type { StreamProof } from "./files/stream-proof.ts";
import type { ContentHash, SourceFile } from "./storage.ts";

/** The ends of a shell pipe, for the players that read or write there. */
export interface StandardStreams {
  /** Standard input. There is one, and it gives its bytes once. */
  input(): InputStream;
  output(): OutputStream;
  /** What showed that standard input was whole, once it was read to its end. */
  proof: StreamProof | undefined;
  /** For the digest by which the two ends of a pipe know that they have seen the same. */
  hash(): Promise<ContentHash>;
}

/** Bytes that come once, decompressed when they are compressed, which is told by their beginning. */
export interface InputStream {
  /** For messages and provenance. */
  readonly name: string;
  /**
   * The first bytes, at least so many unless there are fewer; `bytes` gives them again.
   *
   * @throws DativoError DTV_SOURCE_UNREADABLE when the stream is closed
   */
  head(count: number): Promise<Uint8Array>;
  /** The bytes, each chunk fresh. */
  bytes(): AsyncIterable<Uint8Array>;
  /**
   * The same where they are not compressed, in chunks whose memory is used again: one is overwritten when the second one
   * after it is asked for.
   */
  lentBytes(): AsyncIterable<Uint8Array>;
  /**
   * What came, as a temporary file, for formats that are read from their end.
   *
   * @throws DativoError DTV_RECORD_TOO_LARGE when it is larger than `maxBytes`
   */
  spool(folder: string, maxBytes: number): Promise<SourceFile>;
  /** XXH3-128 of the bytes that were given, hex; undefined where nobody asked for it when the stream was made. */
  digest(): Promise<string | undefined>;
  /** Ends a wait for bytes that nobody wants any more; then the stream has ended. */
  close(): void;
}

export interface OutputStream {
  /** Resolves when every byte was accepted by whoever reads. @throws DativoError DTV_BROKEN_PIPE, DTV_TARGET_UNWRITABLE */
  write(bytes: Uint8Array): Promise<void>;
  readonly acceptedBytes: number;
}
