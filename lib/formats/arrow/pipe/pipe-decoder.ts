import { DativoError } from "../../../contract/errors.ts";
import type { ContentHash } from "../../../contract/storage.ts";
import type { ArrowBatch } from "../arrow-batch.ts";
import { MAX_MESSAGE_BYTES } from "../arrow-options.ts";
import { must, unreadable } from "../fault.ts";
import { KIND, readMessage, readMetadata } from "../ipc/message.ts";
import type { StreamSchema } from "../ipc/read-schema.ts";
import { StreamDecoder, type StreamPart } from "../ipc/stream-decoder.ts";
import { withPlace } from "./pipe-place.ts";
import { PLACE, STREAM, STREAM_ID, TRAILER, VERSION } from "./pipe-words.ts";
import { type Trailer, TrailerReader } from "./trailer.ts";

export interface PipedBatch {
  readonly batch: ArrowBatch;
  /** What the upstream process sent with it. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface PipeReadSettings {
  /** How messages name what is read: `standard input`. */
  readonly source: string;
  /** Made anew for this stream; not closed here. */
  readonly hash: ContentHash;
  /** A message of more bytes is refused. */
  readonly maxMessageBytes?: number;
}

/**
 * Reads what {@link PipeEncoder} made. Records are worth something only once `end` has returned: until then nobody knows
 * that there are no more of them, or that the upstream process did not fail.
 *
 * ```ts
 * const decoder = new PipeDecoder({ source: "standard input", hash });
 * for await (const chunk of stdin) for (const { batch, metadata } of decoder.push(chunk)) use(batch);
 * const report = decoder.end();          // throws DTV_UPSTREAM_INCOMPLETE
 * ```
 */
export class PipeDecoder {
  readonly #settings: PipeReadSettings;
  readonly #stream: StreamDecoder;
  readonly #trailer: TrailerReader;

  constructor(settings: PipeReadSettings) {
    this.#settings = settings;
    this.#stream = new StreamDecoder(settings.source, settings.maxMessageBytes ?? MAX_MESSAGE_BYTES);
    this.#trailer = new TrailerReader(settings.hash);
  }

  /** Schema and metadata of the stream, once its first message is there. */
  get schema(): StreamSchema | undefined {
    return this.#stream.schema;
  }

  /** @throws DativoError DTV_ARROW_INVALID for bytes that are no stream of ours */
  *push(bytes: Uint8Array): Generator<PipedBatch> {
    const { hash, source } = this.#settings;
    let streamBytes = bytes.length;
    try {
      for (const part of this.#stream.push(bytes)) {
        if (part.part === "schema") this.#requireOurs(part.schema);
        else if (part.part === "batch") yield placed(part);
        else if (part.part === "rest") {
          streamBytes -= part.bytes.length;
          this.#trailer.push(part.bytes);
        }
      }
    } catch (error) {
      throw unreadable(source, error);
    }
    hash.update(bytes.subarray(0, streamBytes));
  }

  /**
   * What the upstream process says of its work; undefined when it was asked to leave that out.
   *
   * @throws DativoError DTV_UPSTREAM_INCOMPLETE when the stream is cut short or changed, or the upstream process failed
   */
  end(): Trailer | undefined {
    try {
      this.#stream.end(true);
    } catch (error) {
      throw this.#incomplete((error as Error).message);
    }
    if (this.#isWithoutTrailer) return undefined;
    const trailer = this.#trailer.end();
    if (typeof trailer === "string") throw this.#incomplete(trailer);
    if (trailer.outcome !== "ok") throw this.#failed(trailer);
    const { rows } = this.#stream;
    if (trailer.rows === rows) return trailer;
    throw this.#incomplete(`it has ${rows} records, where ${trailer.rows} were sent`);
  }

  get #isWithoutTrailer(): boolean {
    return this.schema?.metadata[TRAILER] === "none" && this.#trailer.isEmpty;
  }

  #requireOurs({ metadata }: StreamSchema): void {
    must(!this.#stream.isFile && metadata[STREAM] !== undefined, "it does not come from a dativo process");
    must(metadata[STREAM] === VERSION, `it is of version ${metadata[STREAM]} of the protocol, and ${VERSION} is known`);
  }

  #incomplete(what: string): DativoError {
    const { source } = this.#settings;
    return new DativoError("DTV_UPSTREAM_INCOMPLETE", `${source} is not all that was sent: ${what}`, {
      culprit: source,
      hint: "The process before this one in the pipe was ended or failed: look at what it says on its standard error.",
      details: { streamId: this.schema?.metadata[STREAM_ID] },
    });
  }

  #failed({ error, ...trailer }: Trailer): DativoError {
    const { source } = this.#settings;
    const { code = "DTV_INTERNAL", message = "it does not say why" } = error ?? {};
    return new DativoError("DTV_UPSTREAM_INCOMPLETE", `${source}: the process before failed with ${code}: ${message}`, {
      culprit: source,
      hint: "Mend the stage of the pipe that comes before this one; its own message says more.",
      details: { ...trailer, upstreamCode: code },
    });
  }
}

function placed({ batch, metadata }: Extract<StreamPart, { part: "batch" }>): PipedBatch {
  const { [PLACE]: place, ...rest } = metadata;
  return { batch: withPlace(batch, place), metadata: rest };
}

/**
 * Whether bytes begin as a stream of ours; undefined while there are too few of them to tell. What does not is perhaps an
 * ordinary Arrow stream, which the format `arrow` reads.
 */
export function isPipeStream(head: Uint8Array): boolean | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (!bytes.subarray(0, 4).equals(CONTINUATION.subarray(0, bytes.length))) return false;
  const length = bytes.length < PREFIX_BYTES ? 0 : bytes.readInt32LE(4);
  if (length < 0 || length > MAX_SCHEMA_BYTES) return false;
  if (bytes.length < PREFIX_BYTES + length) return undefined;
  try {
    const { kind, header } = readMessage(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
    return kind === KIND.schema && readMetadata(header, 2)[STREAM] !== undefined;
  } catch {
    return false;
  }
}

const PREFIX_BYTES = 8;
const CONTINUATION = Buffer.of(255, 255, 255, 255);
/** A schema of more is looked at by nobody who only wants to know what this is. */
const MAX_SCHEMA_BYTES = 16 * 1024 * 1024;
