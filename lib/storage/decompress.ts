import {
  type Compression,
  DEFAULT_UNPACKING,
  recognizeCompression,
  SIGNATURE_BYTES,
  type Unpacking,
} from "../contract/compression.ts";
import { DativoError } from "../contract/errors.ts";
import { INFLATE_BYTES, inflate } from "./inflate.ts";
import { Inflation } from "./inflation.ts";

/** Kinds that are not read, by their first bytes. */
const OTHERS: readonly (readonly [name: string, magic: readonly number[], tool: string])[] = [
  ["zip", [0x50, 0x4b, 0x03, 0x04], "unzip"],
  ["bzip2", [0x42, 0x5a, 0x68], "bunzip2"],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "unxz"],
  ["lz4", [0x04, 0x22, 0x4d, 0x18], "unlz4"],
];

export interface DecompressOptions {
  /** Chunks are overwritten soon. */
  readonly isLent?: boolean;
  readonly unpacking?: Unpacking | undefined;
}

/**
 * The bytes as they are, or decompressed: gzip and zstd are told by content, brotli by the name, since it has nothing to
 * be told by.
 *
 * @throws DativoError DTV_SOURCE_COMPRESSION for other kinds, and for compressed data that is broken, cut off or followed
 * by something else; DTV_DECOMPRESSION_LIMIT where it becomes more than it may.
 */
export async function* decompress(
  stored: AsyncIterable<Uint8Array>,
  path: string,
  { isLent = false, unpacking = DEFAULT_UNPACKING }: DecompressOptions = {},
): AsyncGenerator<Uint8Array> {
  const source = stored[Symbol.asyncIterator]();
  try {
    const head = await readHead(source, SIGNATURE_BYTES);
    const kind = kindOf(head, path, unpacking);
    const bytes = chain(head, source);
    if (kind === undefined) yield* bytes;
    else yield* unpack(isLent ? copied(bytes) : bytes, new Inflation(kind, path, unpacking));
  } finally {
    await source.return?.();
  }
}

function kindOf(head: Uint8Array, path: string, { compression }: Unpacking): Compression | undefined {
  if (compression !== "auto") return compression === "none" ? undefined : compression;
  const other = OTHERS.find(([, magic]) => magic.every((byte, index) => head[index] === byte));
  if (other) {
    throw new DativoError("DTV_SOURCE_COMPRESSION", `${path} is compressed with ${other[0]}, which is not read`, {
      culprit: path,
      hint: `Decompress it first (${other[2]}), or compress it with gzip or zstd.`,
    });
  }
  return recognizeCompression(head, path);
}

async function* unpack(bytes: AsyncIterable<Uint8Array>, inflation: Inflation): AsyncGenerator<Uint8Array> {
  switch (inflation.kind) {
    case "gzip": {
      const { createGunzip } = await import("node:zlib");
      return yield* inflate(bytes, createGunzip({ chunkSize: INFLATE_BYTES }), inflation);
    }
    case "brotli": {
      const { createBrotliDecompress } = await import("node:zlib");
      return yield* inflate(bytes, createBrotliDecompress({ chunkSize: INFLATE_BYTES }), inflation);
    }
    case "zstd": {
      const { unzstd } = await import("./unzstd.ts");
      return yield* unzstd(bytes, inflation);
    }
  }
}

/** Streams keep chunks for a while. */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

/** At least `count` bytes from the start, or all there are. */
async function readHead(source: AsyncIterator<Uint8Array>, count: number): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < count) {
    const { value, done } = await source.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return head;
}

async function* chain(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
