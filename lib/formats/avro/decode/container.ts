import { ByteWindow } from "../../text/byte-window.ts";
import { type Decompress, loadDecompress } from "../codec.ts";
import { AvroFault, OutOfBytes } from "../fault.ts";
import { Datum } from "./datum.ts";
import { type Header, MAX_HEADER_BYTES, readHeader, SYNC_BYTES } from "./read-header.ts";

/** Two numbers of ten bytes. */
const MAX_FRAME_BYTES = 20;
/** The memory of a compressed block that is larger is given up before its records are read. */
const LARGE_BYTES = 1024 * 1024;

/** Records of a block as they are encoded; a view that holds until more bytes come. */
export interface Block {
  readonly count: number | bigint;
  readonly data: Buffer;
}

interface Codec {
  readonly decompress: Decompress;
  readonly sync: Buffer;
}

/** The frame of a file: its header, and its blocks, each looked at once it is there with its sync marker. */
export class Container {
  readonly #maxBytes: number;
  #window: ByteWindow;
  #codec: Codec | undefined;
  /** Number of the block at hand, from 1; 0 is the header. */
  block = 0;
  /** First byte of the header or block at hand. */
  offset = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#window = new ByteWindow(Math.max(maxBytes, MAX_HEADER_BYTES));
  }

  append(bytes: Uint8Array): void {
    this.#window.append(bytes);
  }

  /** The header, once; undefined while it is not all there. */
  async readHeader(): Promise<Header | undefined> {
    const header = readHeader(this.#window.view(0, this.#window.end));
    if (!header) return undefined;
    this.#codec = { decompress: await loadDecompress(header.codec), sync: header.sync };
    this.#window.discard(header.length);
    return header;
  }

  /** The next block; undefined while it is not all there. @throws AvroFault where none can be */
  readBlock(): Block | undefined {
    const { start, end } = this.#window;
    const head = new Datum(this.#window.view(start, Math.min(end, start + MAX_FRAME_BYTES)), 0);
    const sizes = readSizes(head);
    if (!sizes) return undefined;
    const { count, size } = sizes;
    if (count < 0) throw new AvroFault(`it claims ${count} records`);
    if (size < 0 || size > this.#maxBytes) {
      throw new AvroFault(`it claims ${size} bytes, where at most ${this.#maxBytes} can be`, {
        hint: "The file is damaged, or its blocks are larger than max_block_bytes.",
      });
    }
    const from = start + head.at;
    const to = from + Number(size);
    if (to + SYNC_BYTES > end) {
      this.#window.reserve(to + SYNC_BYTES);
      return undefined;
    }
    return { count, data: this.#open(from, to) };
  }

  /** What is at hand was read: the next block follows. */
  moveOn(): void {
    this.block++;
    this.offset = this.#window.start;
  }

  /** @throws AvroFault where the bytes end inside of something */
  end(): void {
    const { start, end } = this.#window;
    if (end === 0) throw new AvroFault("the file is empty");
    if (start < end) throw new AvroFault(`the file is cut off in it, at byte ${end}`);
  }

  #open(from: number, to: number): Buffer {
    const next = to + SYNC_BYTES;
    const { sync, decompress } = this.#codec as Codec;
    if (!this.#window.view(to, next).equals(sync)) throw new AvroFault("its sync marker is not that of the file");
    const data = inflate(decompress, this.#window.view(from, to), this.#maxBytes);
    if (to - from > LARGE_BYTES) this.#window = this.#window.rest(next);
    else this.#window.discard(next);
    return data;
  }
}

function readSizes(head: Datum): { count: number | bigint; size: number | bigint } | undefined {
  try {
    return { count: head.readLong(), size: head.readLong() };
  } catch (error) {
    if (error instanceof OutOfBytes) return undefined;
    throw error;
  }
}

function inflate(decompress: Decompress, bytes: Buffer, most: number): Buffer {
  try {
    const data = decompress(bytes, most);
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AvroFault(`its compressed data is broken, or of more than ${most} bytes: ${reason}`, { cause });
  }
}
