import zlib from "node:zlib";
import { ByteSource } from "./byte-source.ts";
import { INFLATE_BYTES, inflate, type Unzip } from "./inflate.ts";
import type { Inflation } from "./inflation.ts";
import { MAX_WINDOW_LOG, type ZstdPart, zstdParts } from "./zstd-parts.ts";

/** What newer versions of Node add to `node:zlib`; the types in use here are those of the oldest. */
interface NodeZstd {
  createZstdDecompress?(options: { chunkSize: number; params: Record<number, number> }): Unzip;
  readonly constants: { readonly ZSTD_d_windowLogMax?: number };
}

/** The content of Zstandard frames: by Node's own decoder where it has one (22.15 and later), else by one in JavaScript. */
export async function* unzstd(bytes: AsyncIterable<Uint8Array>, inflation: Inflation): AsyncGenerator<Uint8Array> {
  const parts = zstdParts(new ByteSource(bytes), inflation);
  const { createZstdDecompress, constants } = zlib as unknown as NodeZstd;
  if (!createZstdDecompress || constants.ZSTD_d_windowLogMax === undefined) {
    yield* unzstdInJavaScript(parts, inflation);
    return;
  }
  const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
  yield* inflate(bytesOf(parts), createZstdDecompress({ chunkSize: INFLATE_BYTES, params }), inflation);
}

/**
 * The decoder takes a block at a time, so that what it gives is never more than a block's content. It does not look at
 * checksums; that is done here.
 */
export async function* unzstdInJavaScript(
  parts: AsyncIterable<ZstdPart>,
  inflation: Inflation,
): AsyncGenerator<Uint8Array> {
  const [{ Decompress }, { createXXHash64 }] = await Promise.all([import("fzstd"), import("hash-wasm")]);
  const hash = await createXXHash64();
  let made: Uint8Array[] = [];
  const create = () => new Decompress((chunk) => made.push(chunk));
  let decoder = create();
  let stored = 0;
  for await (const { bytes, isFirst, isLast, hasChecksum } of parts) {
    if (isFirst) {
      decoder = create();
      hash.init();
    }
    stored += bytes.length;
    made = [];
    try {
      decoder.push(bytes, isLast);
    } catch (cause) {
      throw inflation.broken(cause);
    }
    for (const chunk of made) {
      if (hasChecksum) hash.update(chunk);
      if (chunk.length > 0) yield inflation.take(chunk, stored);
    }
    if (!isLast || !hasChecksum) continue;
    const sum = hash.digest("binary").subarray(4);
    if (sum.some((byte, i) => byte !== bytes.at(-1 - i))) throw inflation.broken(new Error("the checksum is another"));
  }
}

async function* bytesOf(parts: AsyncIterable<ZstdPart>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of parts) yield bytes;
}
