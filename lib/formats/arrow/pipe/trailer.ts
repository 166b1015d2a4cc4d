/**
 * What follows the end-of-stream mark of a pipe: magic, length, the report as JSON, and the digest of every byte before.
 * Ordinary Arrow readers stop at the mark and never see it; cut or changed anywhere it is no trailer.
 */
import { parseJson, stringifyJson } from "../../../contract/json.ts";
import type { ContentHash } from "../../../contract/storage.ts";
import type { PipeReport } from "./pipe-words.ts";

export interface Trailer extends PipeReport {
  readonly streamId: string;
}

const MAGIC = "DTVTRAIL";
const HEAD_BYTES = MAGIC.length + 4;
/** XXH3-128 as hexadecimal digits. */
const DIGEST_BYTES = 32;
const MAX_BYTES = 1024 * 1024;

/** @param hash has taken the whole stream */
export function formatTrailer(trailer: Trailer, hash: ContentHash): Uint8Array {
  const json = Buffer.from(stringifyJson(trailer));
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, "latin1");
  head.writeUInt32LE(json.length, MAGIC.length);
  const bytes = Buffer.concat([head, json]);
  hash.update(bytes);
  return Buffer.concat([bytes, Buffer.from(hash.digest(), "latin1")]);
}

/** Gathers a trailer. Without a hash its digest is not held against the stream. */
export class TrailerReader {
  readonly #hash: ContentHash | undefined;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** @param hash has taken the whole stream */
  constructor(hash?: ContentHash) {
    this.#hash = hash;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  push(bytes: Uint8Array): void {
    this.#length += bytes.length;
    // More is no trailer, and is not kept.
    if (this.#length <= MAX_BYTES) this.#chunks.push(Uint8Array.from(bytes));
  }

  /** The trailer, or what is wrong with it, as the end of a sentence. */
  end(): Trailer | string {
    if (this.#length === 0) return "its trailer is missing";
    const bytes = Buffer.concat(this.#chunks);
    const magic = bytes.toString("latin1", 0, MAGIC.length);
    if (!MAGIC.startsWith(magic)) return "what follows its records is no trailer";
    const length = bytes.length < HEAD_BYTES ? 0 : bytes.readUInt32LE(MAGIC.length);
    const whole = HEAD_BYTES + length + DIGEST_BYTES;
    if (bytes.length < HEAD_BYTES || this.#length < whole) return "its trailer is cut short";
    if (this.#length > whole) return "more bytes follow its trailer";
    const end = HEAD_BYTES + length;
    this.#hash?.update(bytes.subarray(0, end));
    const isSame = this.#hash === undefined || this.#hash.digest() === bytes.toString("latin1", end);
    return isSame ? parse(bytes.toString("utf8", HEAD_BYTES, end)) : "its bytes are not those that were sent";
  }
}

function parse(json: string): Trailer | string {
  try {
    return parseJson(json) as Trailer;
  } catch {
    return "its trailer is not JSON";
  }
}
