import { ParquetFault } from "../fault.ts";

export type ReadBytes = (offset: number, length: number) => Promise<Buffer>;

/** The bytes of one column chunk in order, read a window at a time. */
export class ChunkBytes {
  readonly #read: ReadBytes;
  readonly #windowBytes: number;
  readonly #end: number;
  /** Place in the file of what comes next. */
  #offset: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;

  /** Bytes of the file from `start` up to `end`. */
  constructor(read: ReadBytes, start: number, end: number, windowBytes: number) {
    this.#read = read;
    this.#offset = start;
    this.#end = end;
    this.#windowBytes = windowBytes;
  }

  /** Bytes that were not taken. */
  get left(): number {
    return this.#end - this.#offset;
  }

  /** At least `count` of the next bytes, without taking them; fewer only where the chunk ends. */
  async peek(count: number): Promise<Buffer> {
    const wanted = Math.min(count, this.left);
    if (this.#offset + wanted > this.#windowStart + this.#window.length) {
      const length = Math.min(Math.max(wanted, this.#windowBytes), this.left);
      this.#window = await this.#read(this.#offset, length);
      this.#windowStart = this.#offset;
    }
    return this.#window.subarray(this.#offset - this.#windowStart);
  }

  /** The next `count` bytes. @throws ParquetFault when the chunk has fewer */
  async take(count: number): Promise<Buffer> {
    if (count > this.left) {
      throw new ParquetFault(`a page of ${count} bytes begins where the column chunk has ${this.left} left`);
    }
    const bytes = (await this.peek(count)).subarray(0, count);
    this.#offset += count;
    return bytes;
  }
}
