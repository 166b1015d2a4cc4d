import type { Batch } from "../../contract/batch.ts";
import type { Encoder } from "../../contract/format.ts";
import { type CompressionOptions, levelOf, type WrittenCompression } from "./compression-options.ts";
import type { PieceCodec } from "./piece-codec.ts";

/** Bytes → the bytes of a compressed file, a piece at a time. */
export class ByteCompressor {
  readonly #kind: WrittenCompression;
  readonly #level: number;
  #codec: PieceCodec | undefined;
  #held: Uint8Array[] = [];
  /** Bytes that wait for a piece to be whole. */
  heldBytes = 0;

  constructor(kind: WrittenCompression, level?: number) {
    this.#kind = kind;
    this.#level = levelOf(kind, level);
  }

  async push(chunks: Iterable<Uint8Array>): Promise<Uint8Array[]> {
    for (const chunk of chunks) {
      this.#held.push(chunk);
      this.heldBytes += chunk.length;
    }
    const { pieceBytes } = await this.#open();
    return this.#compress(pieceBytes);
  }

  /** Compresses what is held, in a smaller piece than it could be. */
  flush(): Promise<Uint8Array[]> {
    return this.#compress(1);
  }

  async end(): Promise<Uint8Array[]> {
    return [...(await this.flush()), await (await this.#open()).end()];
  }

  /** Few files are compressed: what does so is loaded for those. */
  async #open(): Promise<PieceCodec> {
    const { createPieceCodec } = await import("./piece-codec.ts");
    this.#codec ??= createPieceCodec(this.#kind, this.#level);
    return this.#codec;
  }

  /** Leaves less than `atLeast` bytes. */
  async #compress(atLeast: number): Promise<Uint8Array[]> {
    if (this.heldBytes < atLeast) return [];
    const codec = await this.#open();
    const bytes = Buffer.concat(this.#held);
    const compressed = [];
    let at = 0;
    for (; bytes.length - at >= atLeast; at += codec.pieceBytes) {
      compressed.push(await codec.compress(bytes.subarray(at, at + codec.pieceBytes)));
    }
    // A copy: it is small, and what it is cut off may not be.
    this.#held = [Buffer.from(bytes.subarray(at))];
    this.heldBytes = Math.max(0, bytes.length - at);
    return compressed;
  }
}

/** An encoder whose bytes come out compressed, where the options ask for it. */
export function compressed(encoder: Encoder, { compression, compression_level: level }: CompressionOptions): Encoder {
  return compression === "none" ? encoder : new CompressedEncoder(encoder, new ByteCompressor(compression, level));
}

class CompressedEncoder implements Encoder {
  readonly #encoder: Encoder;
  readonly #compressor: ByteCompressor;

  constructor(encoder: Encoder, compressor: ByteCompressor) {
    this.#encoder = encoder;
    this.#compressor = compressor;
  }

  get bufferedBytes(): number {
    return this.#encoder.bufferedBytes + this.#compressor.heldBytes;
  }

  get notes(): readonly string[] {
    return this.#encoder.notes ?? [];
  }

  async encode(batch: Batch): Promise<Uint8Array[]> {
    return this.#compressor.push(await this.#encoder.encode(batch));
  }

  async flush(): Promise<Uint8Array[]> {
    return [...(await this.#compressor.push(await this.#encoder.flush())), ...(await this.#compressor.flush())];
  }

  async end(): Promise<Uint8Array[]> {
    return [...(await this.#compressor.push(await this.#encoder.end())), ...(await this.#compressor.end())];
  }
}
