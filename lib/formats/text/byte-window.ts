/** No smaller buffer is allocated; a window that has shrunk far below its buffer gets a smaller one. */
const MIN_CAPACITY = 256 * 1024;

/** A chunk is worked off in pieces of this size, so that a window never outgrows its largest record by more. */
const PIECE_BYTES = 64 * 1024;

/** Beyond the largest record, a window holds the other records of a batch and a piece. */
const SLACK_BYTES = 9 * 1024 * 1024;

/** The bytes in pieces, in order. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/**
 * A stretch of a byte stream in one piece of memory: appended to at its end, given up at its start.
 *
 * Positions count from the first byte of the stream. A position has the parity of its place in memory, so that a
 * stream of 16-bit units can be viewed as such.
 */
export class ByteWindow {
  readonly #maxCapacity: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Position of the first byte of the buffer; `#origin` ≤ `start` ≤ `end`. */
  #origin = 0;
  #start = 0;
  #end = 0;

  /** The buffer grows no further than a record of this size needs. */
  constructor(maxRecordBytes: number) {
    this.#maxCapacity = maxRecordBytes + SLACK_BYTES;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  append(bytes: Uint8Array): void {
    if (this.#end - this.#origin + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end - this.#origin);
    this.#end += bytes.length;
  }

  /** Gives up what stands before a position. */
  discard(position: number): void {
    this.#start = Math.max(this.#start, position);
  }

  /** Makes room up to a position at once: growing there bit by bit leaves memory behind. */
  reserve(position: number): void {
    if (position - this.#origin > this.#buffer.length) this.#makeRoom(position - this.#end);
  }

  /** A window of what stands from a position on, which does not keep the memory of what stood before. */
  rest(position: number): ByteWindow {
    const rest = new ByteWindow(this.#maxCapacity - SLACK_BYTES);
    rest.#origin = position - (position % 2);
    rest.#start = position;
    rest.#end = this.#end;
    rest.#buffer = Buffer.from(this.view(rest.#origin, this.#end));
    return rest;
  }

  /** A view of the buffer itself: the next `append` may move or overwrite it. */
  view(from: number, to: number): Buffer {
    return this.#buffer.subarray(from - this.#origin, to - this.#origin);
  }

  /** Moves what is held to the front; doubling keeps the cost per byte constant however large a record grows. */
  #makeRoom(incoming: number): void {
    const start = this.#start - (this.#start % 2);
    const held = this.view(start, this.#end);
    const needed = held.length + incoming;
    const wanted = Math.max(MIN_CAPACITY, needed, Math.min(2 * needed, this.#maxCapacity));
    const isFitting = wanted <= this.#buffer.length && this.#buffer.length <= 8 * wanted;
    const target = isFitting ? this.#buffer : Buffer.allocUnsafeSlow(wanted);
    held.copy(target);
    this.#buffer = target;
    this.#origin = start;
  }
}
