/**
 * What goes through the pipe between Dativo and the process of a plugin: a header in JSON, and records as Arrow behind
 * it. Eight bytes before them say how long each is.
 */
import { DativoError } from "../contract/errors.ts";
import { parseJson, stringifyJson } from "../contract/json.ts";

export type Header = Readonly<Record<string, unknown>>;

export interface Frame {
  readonly header: Header;
  readonly body: Uint8Array;
}

/** What a question is answered with. */
export interface Reply {
  readonly header: Header;
  readonly body?: Uint8Array;
}

const PRELUDE_BYTES = 8;
/** A length beyond these is not believed: the other side writes into its own memory wherever it likes. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const MAX_BODY_BYTES = 512 * 1024 * 1024;

const NONE = new Uint8Array(0);

/** @throws DativoError DTV_RECORD_TOO_LARGE for records that no frame holds */
export function encodeFrame(header: Header, body: Uint8Array = NONE): Uint8Array[] {
  const text = Buffer.from(stringifyJson(header));
  check(text.length, body.length);
  const prelude = Buffer.alloc(PRELUDE_BYTES);
  prelude.writeUInt32LE(text.length);
  prelude.writeUInt32LE(body.length, 4);
  return body.length === 0 ? [prelude, text] : [prelude, text, body];
}

/** Puts frames together from the pieces in which they arrive. */
export class FrameReader {
  #prelude = new Piece(PRELUDE_BYTES);
  #header: Piece | undefined;
  #body: Piece | undefined;

  /** The frames that a piece completes. @throws DativoError for what is no frame */
  *feed(chunk: Uint8Array): Generator<Frame> {
    for (let rest = chunk; rest.length > 0 || this.#isComplete; ) {
      if (this.#header === undefined || this.#body === undefined) rest = this.#readPrelude(rest);
      else if (!this.#header.isFull) rest = this.#header.take(rest);
      else if (!this.#body.isFull) rest = this.#body.take(rest);
      else yield this.#finish(this.#header, this.#body);
    }
  }

  get #isComplete(): boolean {
    return (this.#header?.isFull && this.#body?.isFull) ?? false;
  }

  #readPrelude(chunk: Uint8Array): Uint8Array {
    const rest = this.#prelude.take(chunk);
    if (!this.#prelude.isFull) return rest;
    const [header, body] = [this.#prelude.bytes.readUInt32LE(), this.#prelude.bytes.readUInt32LE(4)];
    check(header, body);
    this.#header = new Piece(header);
    this.#body = new Piece(body);
    return rest;
  }

  #finish(header: Piece, body: Piece): Frame {
    this.#prelude = new Piece(PRELUDE_BYTES);
    this.#header = undefined;
    this.#body = undefined;
    return { header: parseJson(header.bytes.toString("utf8")) as Header, body: body.bytes };
  }
}

/** Memory of its own, which begins where Arrow columns may begin. */
class Piece {
  readonly bytes: Buffer;
  #filled = 0;

  constructor(length: number) {
    this.bytes = Buffer.from(new ArrayBuffer(length));
  }

  get isFull(): boolean {
    return this.#filled === this.bytes.length;
  }

  /** Takes what it needs and gives the rest back. */
  take(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, this.bytes.length - this.#filled);
    this.bytes.set(taken, this.#filled);
    this.#filled += taken.length;
    return chunk.subarray(taken.length);
  }
}

function check(header: number, body: number): void {
  if (header <= MAX_HEADER_BYTES && body <= MAX_BODY_BYTES) return;
  throw new DativoError(
    "DTV_RECORD_TOO_LARGE",
    `A batch of ${body} bytes, ${header} more about it, is larger than a plugin in a process of its own may send or get`,
    { hint: `At most are ${MAX_BODY_BYTES} bytes: make smaller batches.` },
  );
}
