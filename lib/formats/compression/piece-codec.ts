import { promisify } from "node:util";
import zlib from "node:zlib";
import { createXXHash64 } from "hash-wasm";
import { loadZstd } from "../parquet/zstd.ts";
import type { WrittenCompression } from "./compression-options.ts";

/** Makes a compressed file of pieces, each of which is compressed at once. */
export interface PieceCodec {
  /** Bytes of a piece: larger ones compress better, and are held until they are whole. */
  readonly pieceBytes: number;
  compress(piece: Uint8Array): Promise<Uint8Array>;
  /** What ends the file. */
  end(): Promise<Uint8Array>;
}

export function createPieceCodec(kind: WrittenCompression, level: number): PieceCodec {
  return kind === "gzip" ? new GzipPieces(level) : new ZstdFrames(level);
}

const deflateRaw = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** How far back deflate looks. */
const WINDOW_BYTES = 32 * 1024;
const GZIP_HEAD = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** The last block, without content. */
const LAST_BLOCK = Buffer.of(0x03, 0x00);

/**
 * One gzip member, for readers that take the first only. A piece is compressed with the end of the one before as its
 * dictionary and ends at a whole byte, so that one can stand behind the other.
 */
class GzipPieces implements PieceCodec {
  readonly pieceBytes = 256 * 1024;
  readonly #level: number;
  #window: Uint8Array = new Uint8Array();
  #checksum = 0;
  #sizeBytes = 0;

  constructor(level: number) {
    this.#level = level;
  }

  async compress(piece: Uint8Array): Promise<Uint8Array> {
    const { Z_SYNC_FLUSH: finishFlush } = zlib.constants;
    const dictionary = this.#window.length > 0 ? { dictionary: this.#window } : {};
    const bytes = await deflateRaw(piece, { level: this.#level, finishFlush, ...dictionary });
    const head = this.#head();
    this.#checksum = zlib.crc32(piece, this.#checksum);
    this.#sizeBytes += piece.length;
    this.#window = Buffer.from(piece.subarray(-WINDOW_BYTES));
    return Buffer.concat([head, bytes]);
  }

  async end(): Promise<Uint8Array> {
    const tail = Buffer.alloc(8);
    tail.writeUInt32LE(this.#checksum);
    tail.writeUInt32LE(this.#sizeBytes % 2 ** 32, 4);
    return Buffer.concat([this.#head(), LAST_BLOCK, tail]);
  }

  #head(): Uint8Array {
    return this.#sizeBytes === 0 ? GZIP_HEAD : Buffer.alloc(0);
  }
}

const CHECKSUM_FLAG = 4;
/** The place of the flags in a frame. */
const DESCRIPTOR = 4;

/** One zstd frame after another, since the encoder of older versions of Node takes all of a frame at once. */
class ZstdFrames implements PieceCodec {
  readonly pieceBytes = 4 * 1024 * 1024;
  readonly #level: number;
  #isBegun = false;

  constructor(level: number) {
    this.#level = level;
  }

  async compress(piece: Uint8Array): Promise<Uint8Array> {
    const [zstd, hash] = await Promise.all([loadZstd(), createXXHash64()]);
    this.#isBegun = true;
    const frame = Buffer.from(zstd.compress(piece, this.#level));
    // The encoders write no checksum unless they are told, and not all can be: it is the low half of this hash.
    frame[DESCRIPTOR] = frame.readUInt8(DESCRIPTOR) | CHECKSUM_FLAG;
    return Buffer.concat([frame, hash.init().update(piece).digest("binary").subarray(4).reverse()]);
  }

  async end(): Promise<Uint8Array> {
    return this.#isBegun ? new Uint8Array() : this.compress(new Uint8Array());
  }
}
