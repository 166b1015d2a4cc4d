const FIRST_BYTES = 16 * 1024;
const MAX_VARINT_BYTES = 10;
const DOUBLE_BYTES = 8;

/** Values one after the other, as Avro encodes them, in memory that grows. */
export class DatumBuffer {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  /** Bytes written; setting it back takes the last of them away. */
  length = 0;

  /** A view of what was written: the next write may overwrite it. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  writeByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = byte;
  }

  /** Small numbers of either sign are short: 0, -1, 1, -2 … are written as 0, 1, 2, 3 … */
  writeLong(value: number | bigint): void {
    this.#reserve(MAX_VARINT_BYTES);
    if (typeof value === "bigint") this.#writeBig(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
    else if (value >= -(2 ** 30) && value < 2 ** 30) this.#writeSmall((value << 1) ^ (value >> 31));
    else this.#writeWide(value);
  }

  writeDouble(value: number): void {
    this.#reserve(DOUBLE_BYTES);
    this.length = this.#bytes.writeDoubleLE(value, this.length);
  }

  writeBytes(bytes: Uint8Array): void {
    this.writeLong(bytes.length);
    this.writeRaw(bytes);
  }

  /** Without the length in front. */
  writeRaw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  writeText(text: string): void {
    const size = Buffer.byteLength(text);
    this.writeLong(size);
    this.#reserve(size);
    this.length += this.#bytes.write(text, this.length, size, "utf8");
  }

  #writeSmall(zigzag: number): void {
    let rest = zigzag >>> 0;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.length++] = (rest & 127) | 128;
    this.#bytes[this.length++] = rest;
  }

  /** The zigzag of a number beyond 2^52 is none; its half is. */
  #writeWide(value: number): void {
    const half = value < 0 ? -value - 1 : value;
    const first = (half % 64) * 2 + (value < 0 ? 1 : 0);
    this.#bytes[this.length++] = first | 128;
    let rest = Math.floor(half / 64);
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.length++] = (rest % 128) | 128;
    this.#bytes[this.length++] = rest;
  }

  #writeBig(zigzag: bigint): void {
    let rest = zigzag;
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.length++] = Number(rest & 127n) | 128;
    this.#bytes[this.length++] = Number(rest);
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.length + bytes, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
