import { ArrowFault } from "../fault.ts";
import { type Message, readMessage } from "./message.ts";

/** A part of a stream. */
export type Part =
  /** `at` is where the message begins, in bytes from the first. */
  | { readonly part: "message"; readonly at: number; readonly message: Message; readonly body: Buffer }
  /** The end-of-stream mark, or in a file the footer that follows without one. */
  | { readonly part: "end" }
  /** What stands after the end, as it comes. */
  | { readonly part: "rest"; readonly bytes: Uint8Array };

const MAGIC = "ARROW1";
const PREFIX_BYTES = 8;
const NONE = Buffer.alloc(0);

/**
 * Cuts bytes, given in order and cut anywhere, into the messages of an Arrow stream or file, which of the two the first
 * bytes tell. A body is gathered in memory of its own, so that columns may be views of it.
 */
export class MessageSplitter {
  readonly #limitBytes: number;
  #wanted: "prefix" | "head" | "body" | "rest" = "prefix";
  #target = newBuffer(PREFIX_BYTES);
  #filled = 0;
  #message: Message | undefined;
  /** Of the message at hand. */
  #start = 0;
  #position = 0;
  #isFile = false;

  /** A message of more bytes is refused before there is memory for it. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Known with the first bytes. */
  get isFile(): boolean {
    return this.#isFile;
  }

  *push(bytes: Uint8Array): Generator<Part> {
    for (let at = 0; at < bytes.length || this.#isFull; ) {
      if (this.#wanted === "rest") {
        yield { part: "rest", bytes: bytes.subarray(at) };
        return;
      }
      const taken = Math.min(bytes.length - at, this.#target.length - this.#filled);
      this.#target.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      this.#position += taken;
      at += taken;
      if (this.#isFull) yield* this.#take();
    }
  }

  /** @throws ArrowFault where the bytes cannot have ended; a missing mark is no matter where it is not `required` */
  end(required: boolean): void {
    if (this.#wanted === "rest") return;
    if (this.#position === 0) throw new ArrowFault("it is empty");
    if (this.#wanted !== "prefix" || this.#filled > 0) {
      const missing = this.#target.length - this.#filled;
      throw new ArrowFault(`it ends in the middle of a message, of which ${missing} bytes or more are missing`);
    }
    if (required || this.#isFile) throw new ArrowFault("it ends without the end-of-stream mark");
  }

  get #isFull(): boolean {
    return this.#wanted !== "rest" && this.#filled === this.#target.length;
  }

  *#take(): Generator<Part> {
    const target = this.#target;
    if (this.#wanted === "prefix") yield* this.#takePrefix(target);
    else if (this.#wanted === "head") this.#takeHead(target);
    else yield* this.#takeBody(target);
  }

  *#takePrefix(prefix: Buffer): Generator<Part> {
    this.#start = this.#position - PREFIX_BYTES;
    if (this.#start === 0 && prefix.toString("latin1", 0, MAGIC.length) === MAGIC) {
      this.#isFile = true;
      this.#want("prefix", PREFIX_BYTES);
      return;
    }
    const [mark, length] = [prefix.readInt32LE(), prefix.readInt32LE(4)];
    const isEnd = mark === -1 && length === 0;
    if (isEnd || (mark !== -1 && this.#isFile && this.#start > PREFIX_BYTES)) {
      this.#want("rest", 0);
      yield { part: "end" };
      if (!isEnd) yield { part: "rest", bytes: prefix };
      return;
    }
    if (mark !== -1) throw this.#start === 0 ? noArrow() : noMessage();
    this.#want("head", this.#checked(length));
  }

  #takeHead(head: Buffer): void {
    this.#message = readMessage(head);
    this.#want("body", this.#checked(this.#message.bodyBytes));
  }

  *#takeBody(body: Buffer): Generator<Part> {
    const message = this.#message as Message;
    this.#want("prefix", PREFIX_BYTES);
    yield { part: "message", at: this.#start, message, body };
  }

  #checked(length: number): number {
    if (length < 0 || length % 8 !== 0) throw new ArrowFault(`it gives ${length} for the length of a message`);
    if (length <= this.#limitBytes) return length;
    throw new ArrowFault(`a message of ${length} bytes is larger than the limit of ${this.#limitBytes}`, {
      hint: "Write it again in smaller record batches, or raise `max_message_mb`.",
    });
  }

  #want(wanted: "prefix" | "head" | "body" | "rest", length: number): void {
    this.#wanted = wanted;
    this.#target = length === 0 ? NONE : newBuffer(length);
    this.#filled = 0;
  }
}

/** In memory that begins at a multiple of eight, as the buffers of columns must. */
function newBuffer(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}

function noMessage(): ArrowFault {
  return new ArrowFault("a message does not begin as one", {
    hint: "A file that is not written from its beginning to its end, as those of Polars, is read by its footer: name it as a file, and do not send it through a pipe.",
  });
}

function noArrow(): ArrowFault {
  return new ArrowFault("it does not begin as an Arrow file or stream", {
    hint: "Files of Feather version 1 and streams from before Arrow 0.15 are not read: write them again with a newer Arrow.",
  });
}
