import { setTimeout as sleep } from "node:timers/promises";
import type { FileMetadata } from "@google-cloud/storage";
import type { GcsBucket } from "./gcs-bucket.ts";
import { isPassing, statusOf } from "./gcs-errors.ts";
import { RUN_ID } from "./run-object.ts";

/** What brings nothing on is repeated so often, after pauses of one second, two and four. */
const REPEATS = 3;
const PAUSE_MS = 1000;

/** A chunk may take longer than other requests, by this. */
const TIMES_AS_LONG = 5;

/** The status of "there is more to come". */
const INCOMPLETE = 308;

const NOTHING = Buffer.alloc(0);

/**
 * An upload in chunks, by Google's rules for them: the store says how far it has come, which can be less than it was sent, and
 * after a fault it is asked. The client's own stream gives up where that befalls the last chunk.
 */
export class GcsSession {
  readonly #bucket: GcsBucket;
  readonly #uri: string;
  readonly #signal: AbortSignal | undefined;
  /** Bytes that it was given, and those of them that the store has. */
  #given = 0;
  #stored = 0;

  private constructor(bucket: GcsBucket, uri: string, signal: AbortSignal | undefined) {
    this.#bucket = bucket;
    this.#uri = uri;
    this.#signal = signal;
  }

  static async begin(bucket: GcsBucket, key: string, runId: string, signal?: AbortSignal): Promise<GcsSession> {
    const metadata = { metadata: { [RUN_ID]: runId } };
    const [uri] = await bucket.file(key).createResumableUpload({ metadata });
    return new GcsSession(bucket, uri, signal);
  }

  /**
   * Returns when the store has the chunk: with the object, after the last one. All others have a size of so many times
   * 256 KiB.
   */
  async send(chunk: Buffer, isLast: boolean): Promise<FileMetadata | undefined> {
    const start = this.#given;
    this.#given += chunk.length;
    const total = isLast ? this.#given : undefined;
    let fault: unknown;
    for (let repeats = 0; ; ) {
      const before = this.#stored;
      const rest = fault === undefined ? chunk.subarray(before - start) : NOTHING;
      fault = undefined;
      try {
        const object = await this.#put(rest, total);
        if (this.#stored < before || this.#stored > this.#given)
          throw new Error("the store has lost bytes that it had");
        if (object || (!isLast && this.#stored === this.#given)) return object;
      } catch (error) {
        if (!isPassing(error)) throw error;
        fault = error;
      }
      if (this.#stored > before) repeats = 0;
      else if (fault !== undefined || rest !== NOTHING) {
        if (repeats === REPEATS) throw fault ?? new Error("the store keeps nothing of what it is sent");
        await sleep(PAUSE_MS * 2 ** repeats++, undefined, { signal: this.#signal });
      }
    }
  }

  /** Sends bytes that come next, or, where there are none, asks how far the store has come. */
  async #put(bytes: Buffer, total: number | undefined): Promise<FileMetadata | undefined> {
    this.#signal?.throwIfAborted();
    const uri = this.#uri;
    const last = this.#stored + bytes.length - 1;
    const range = bytes.length === 0 ? "*" : `${this.#stored}-${last}`;
    try {
      const timeout = TIMES_AS_LONG * this.#bucket.replyMs;
      const [object] = await this.#bucket.client.request({
        method: "PUT",
        uri,
        headers: { "content-range": `bytes ${range}/${total ?? "*"}` },
        body: bytes,
        maxRetries: 0,
        interceptors_: [{ request: (asked) => ({ ...asked, uri, timeout }) }],
      });
      return object as FileMetadata;
    } catch (error) {
      if (statusOf(error) !== INCOMPLETE) throw error;
      this.#stored = storedBy(error);
      return undefined;
    }
  }
}

/** `range: bytes=0-524287`; none where there are no bytes yet. */
function storedBy(reply: unknown): number {
  const { response } = reply as { response?: { headers?: Readonly<Record<string, string>> } };
  const last = /-(\d+)$/.exec(response?.headers?.["range"] ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}
