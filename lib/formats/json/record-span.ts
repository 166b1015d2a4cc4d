const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const COMMA = 0x2c;
/** Of `[` and `{`, and of `]` and `}`: they differ by 32, and no other byte of JSON's own does so with one of them. */
const OPENING = 0x5b | 32;
const CLOSING = 0x5d | 32;

/**
 * Finds where a value ends, by its brackets and strings alone: whether it is JSON is for the parser to say. It goes on
 * where it stopped when the bytes were used up.
 */
export class RecordSpan {
  /** Line ends within. */
  lines = 0;
  isEnded = false;
  #depth = 0;
  #isInString = false;
  #isWord = false;

  /** `first` is the byte that the value begins with. */
  constructor(first: number) {
    if ((first | 32) === OPENING) this.#depth = 1;
    else if (first === QUOTE) this.#isInString = true;
    else this.#isWord = true;
  }

  /** Reads from `from` on, and returns the place behind the value or behind the last byte. */
  read(bytes: Uint8Array, from: number): number {
    return this.#isWord ? this.#readWord(bytes, from) : this.#readNested(bytes, from);
  }

  #readNested(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      at = this.#isInString ? this.#readString(bytes, at) : this.#readStructure(bytes, at);
      if (this.#depth === 0 && !this.#isInString) {
        this.isEnded = true;
        break;
      }
    }
    return at;
  }

  /** What follows a backslash may be a byte that has not come yet: it is passed over then as well. */
  #readString(bytes: Uint8Array, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === BACKSLASH) at++;
      else if (byte === LINE_FEED) this.lines++;
      else if (byte === QUOTE) {
        this.#isInString = false;
        return at + 1;
      }
    }
    return at;
  }

  /** Up to the next string, or behind the bracket that closes the first. */
  #readStructure(bytes: Uint8Array, from: number): number {
    let depth = this.#depth;
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#isInString = true;
        at++;
        break;
      }
      if (byte === LINE_FEED) this.lines++;
      else if ((byte | 32) === OPENING) depth++;
      else if ((byte | 32) === CLOSING && --depth === 0) {
        at++;
        break;
      }
    }
    this.#depth = depth;
    return at;
  }

  #readWord(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte !== COMMA && byte > 0x20 && (byte | 32) !== CLOSING) continue;
      this.isEnded = true;
      return at;
    }
    return bytes.length;
  }
}
