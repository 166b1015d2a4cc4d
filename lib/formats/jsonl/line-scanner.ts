import { LineList } from "./line-list.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** The list is full when its lines span this many bytes, whatever their number. */
const MAX_SPAN_BYTES = 4 * 1024 * 1024;

/** Finds lines that are not blank. The result does not depend on how the stream was cut. */
export class LineScanner {
  /** The line that outgrew the limit, and where it begins. */
  overflow: { readonly line: number; readonly position: number } | undefined;
  #list = new LineList();
  readonly #capacity: number;
  readonly #maxBytes: number;
  #line = 1;
  #lineStart: number;

  /** `position` is that of the first byte behind the byte order mark. */
  constructor(capacity: number, maxBytes: number, position: number) {
    this.#capacity = capacity;
    this.#maxBytes = maxBytes;
    this.#lineStart = position;
  }

  /** First byte that is still needed. */
  get needed(): number {
    return this.#list.starts[0] ?? this.#lineStart;
  }

  get isFull(): boolean {
    const first = this.#list.starts[0];
    return this.#list.length >= this.#capacity || (first !== undefined && this.#lineStart - first >= MAX_SPAN_BYTES);
  }

  takeLines(): LineList {
    const taken = this.#list;
    this.#list = new LineList();
    return taken;
  }

  /**
   * Reads on until the bytes are used up, the list is full or a line passes the limit, and returns how many were
   * read. `bytes` begin at `origin` and hold all that is needed; those before `from` have been read.
   */
  scan(bytes: Buffer, origin: number, from: number): number {
    let at = from;
    while (!this.overflow) {
      const found = bytes.indexOf(LINE_FEED, at);
      if (found < 0) break;
      this.#endLine(bytes, origin, found);
      at = found + 1;
      if (this.isFull) return at;
    }
    this.#checkLimit(origin + bytes.length);
    return bytes.length;
  }

  /** Ends the line that has no line end. */
  finish(bytes: Buffer, origin: number): void {
    if (!this.overflow) this.#endLine(bytes, origin, bytes.length);
  }

  #endLine(bytes: Buffer, origin: number, end: number): void {
    this.#checkLimit(origin + end);
    if (this.overflow) return;
    const start = this.#lineStart - origin;
    const trimmed = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    if (!isBlank(bytes, start, trimmed)) this.#list.add(this.#lineStart, origin + trimmed, this.#line);
    this.#line++;
    this.#lineStart = origin + end + 1;
  }

  #checkLimit(position: number): void {
    if (position - this.#lineStart > this.#maxBytes && !this.overflow) {
      this.overflow = { line: this.#line, position: this.#lineStart };
    }
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return false;
  }
  return true;
}
