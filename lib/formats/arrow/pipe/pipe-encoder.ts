import type { Batch } from "../../../contract/batch.ts";
import type { EncodeContext, Encoder } from "../../../contract/format.ts";
import type { ContentHash } from "../../../contract/storage.ts";
import { StreamEncoder } from "../ipc/stream-encoder.ts";
import { END_OF_STREAM } from "../ipc/write-message.ts";
import { formatPlace } from "./pipe-place.ts";
import { type PipeReport, PLACE, STREAM, STREAM_ID, TRAILER, VERSION } from "./pipe-words.ts";
import { formatTrailer } from "./trailer.ts";

export interface PipeSettings {
  /** Names this stream in messages of both of its ends. */
  readonly streamId: string;
  /** Made anew for this stream, of the algorithm that the decoder is given as well; not closed here. */
  readonly hash: ContentHash;
  /** False leaves the trailer out, for readers that choke on it: who reads then knows that all came, and nothing of the work. */
  readonly trailer?: boolean;
}

type Texts = Readonly<Record<string, string>>;

/**
 * Batches as what one dativo process sends to the next: an Arrow IPC stream that any Arrow library reads, then a trailer
 * by which the next process knows that it has everything, and how the work went.
 *
 * ```ts
 * const encoder = new PipeEncoder({ schema, metadata }, { streamId, hash });
 * for (const batch of batches) write(encoder.encode(batch, { "my.position": "…" }));
 * write(encoder.end({ read, rejected, filtered }));                    // or { error: { code, message } }
 * ```
 */
export class PipeEncoder implements Encoder {
  readonly bufferedBytes = 0;
  readonly #stream: StreamEncoder;
  readonly #settings: PipeSettings;
  #rows = 0;

  /** @param context `metadata` goes into the schema's, and to the next process: asset, fingerprint of its contract … */
  constructor({ schema, metadata }: EncodeContext, settings: PipeSettings) {
    const { streamId, trailer = true } = settings;
    const words = { [STREAM]: VERSION, [STREAM_ID]: streamId, ...(trailer ? {} : { [TRAILER]: "none" }) };
    this.#stream = new StreamEncoder(schema, { ...metadata, ...words });
    this.#settings = settings;
  }

  /** @param metadata travels with this batch, as counts or the position behind it; {@link PipeDecoder} gives it back */
  encode(batch: Batch, metadata: Texts = {}): Uint8Array[] {
    const first = this.#stream.begin(batch);
    const place = formatPlace(batch);
    const message = this.#stream.batch(batch, place === undefined ? metadata : { ...metadata, [PLACE]: place });
    this.#rows += batch.length;
    return this.#hashed([...(first?.bytes ?? []), ...message.bytes]);
  }

  /** Nothing is held back. */
  flush(): Uint8Array[] {
    return [];
  }

  /** The end of the records, and of what the stage has to say; an `error` tells the next process to publish nothing. */
  end(report: Partial<Omit<PipeReport, "rows" | "outcome">> = {}): Uint8Array[] {
    const { streamId, hash, trailer = true } = this.#settings;
    const last = this.#hashed([...(this.#stream.begin()?.bytes ?? []), END_OF_STREAM]);
    if (!trailer) return last;
    const counts = { read: this.#rows, rejected: 0, filtered: 0, ...report };
    const outcome = report.error ? "error" : "ok";
    return [...last, formatTrailer({ streamId, ...counts, rows: this.#rows, outcome }, hash)];
  }

  #hashed(chunks: Uint8Array[]): Uint8Array[] {
    for (const chunk of chunks) this.#settings.hash.update(chunk);
    return chunks;
  }
}
