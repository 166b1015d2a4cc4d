import { DativoError } from "../../contract/errors.ts";
import { LineList } from "./line-list.ts";
import type { ObjectScanner } from "./object-decoder.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

export interface LineScannerInit {
  readonly source: string;
  /** Lines of a batch, at most. */
  readonly capacity: number;
  readonly maxBytes: number;
  /** Of the first byte behind the byte order mark. */
  readonly position: number;
}

/** Finds lines that are not blank. */
export class LineScanner implements ObjectScanner {
  /** The line that outgrew the limit. */
  fault: DativoError | undefined;
  #list = new LineList();
  readonly #init: LineScannerInit;
  #line = 1;
  #lineStart: number;

  constructor(init: LineScannerInit) {
    this.#init = init;
    this.#lineStart = init.position;
  }

  get needed(): number {
    return this.#list.starts[0] ?? this.#lineStart;
  }

  get isFull(): boolean {
    return this.#list.isFull(this.#init.capacity, this.#lineStart);
  }

  takeLines(): LineList {
    const taken = this.#list;
    this.#list = new LineList();
    return taken;
  }

  scan(bytes: Buffer, origin: number, from: number): number {
    let at = from;
    while (!this.fault) {
      const found = bytes.indexOf(LINE_FEED, at);
      if (found < 0) break;
      this.#endLine(bytes, origin, found);
      at = found + 1;
      if (this.isFull) return at;
    }
    this.#checkLimit(origin + bytes.length);
    return bytes.length;
  }

  finish(bytes: Buffer, origin: number): void {
    if (!this.fault) this.#endLine(bytes, origin, bytes.length);
  }

  #endLine(bytes: Buffer, origin: number, end: number): void {
    this.#checkLimit(origin + end);
    if (this.fault) return;
    const start = this.#lineStart - origin;
    const trimmed = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    if (!isBlank(bytes, start, trimmed)) this.#list.add(this.#lineStart, origin + trimmed, this.#line);
    this.#line++;
    this.#lineStart = origin + end + 1;
  }

  #checkLimit(position: number): void {
    const { source, maxBytes } = this.#init;
    if (position - this.#lineStart <= maxBytes || this.fault) return;
    this.fault = new DativoError(
      "DTV_RECORD_TOO_LARGE",
      `${source}, line ${this.#line} (byte ${this.#lineStart}): the line has more than ${maxBytes} bytes`,
      {
        culprit: `${source}:${this.#line}`,
        hint: "JSON Lines hold one object a line. If the line is meant to be this long, raise max_record_bytes.",
        details: { source, line: this.#line, offset: this.#lineStart },
      },
    );
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return false;
  }
  return true;
}
