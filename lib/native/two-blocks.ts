/** Text comes in blocks of about this size; a larger one makes its buffer grow. */
const BLOCK_BYTES = 544 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Two buffers in turn, one that is filled while the other is written. A new one for each block would have V8 look through
 * all of its heap every few megabytes, since it takes memory outside of that for garbage.
 */
export class TwoBlocks {
  readonly #blocks = [NOTHING, NOTHING];
  #turn = 0;

  /** Room for so many bytes, where those of the last time but one have stood. */
  next(length: number): Buffer {
    if (length === 0) return NOTHING;
    this.#turn = 1 - this.#turn;
    const block = this.#blocks[this.#turn] as Buffer;
    if (block.length >= length) return block.subarray(0, length);
    const larger = Buffer.allocUnsafeSlow(Math.max(length, BLOCK_BYTES));
    this.#blocks[this.#turn] = larger;
    return larger.subarray(0, length);
  }
}
