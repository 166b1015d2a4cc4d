import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DativoError, toDativoError } from "../contract/errors.ts";

/** Compressed kinds by their first bytes; only gzip is read. */
const OTHERS: readonly (readonly [name: string, magic: readonly number[], tool: string])[] = [
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd], "zstd -d"],
  ["zip", [0x50, 0x4b, 0x03, 0x04], "unzip"],
  ["bzip2", [0x42, 0x5a, 0x68], "bunzip2"],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "unxz"],
];

/**
 * The bytes as they are, or decompressed when they are gzip: told by content, never by name.
 *
 * `isLent`: chunks are overwritten soon.
 *
 * @throws DativoError DTV_SOURCE_COMPRESSION for other kinds, and for gzip data that is broken, cut off or followed
 * by something that is not gzip.
 */
export async function* decompress(
  stored: AsyncIterable<Uint8Array>,
  path: string,
  { isLent = false } = {},
): AsyncGenerator<Uint8Array> {
  const source = stored[Symbol.asyncIterator]();
  try {
    const head = await readHead(source, 6);
    const other = OTHERS.find(([, magic]) => startsWith(head, magic));
    if (other) {
      throw new DativoError("DTV_SOURCE_COMPRESSION", `${path} is compressed with ${other[0]}, which is not read`, {
        culprit: path,
        hint: `Decompress it first (${other[2]}), or compress it with gzip.`,
      });
    }
    const bytes = chain(head, source);
    if (startsWith(head, [0x1f, 0x8b])) yield* gunzip(isLent ? copied(bytes) : bytes, path);
    else yield* bytes;
  } finally {
    await source.return?.();
  }
}

/** Streams keep chunks for a while. */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

async function* gunzip(bytes: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  let stored = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      stored += chunk.length;
      yield chunk;
    }
  };
  const input = Readable.from(counted(), { objectMode: false, highWaterMark: 1 << 18 });
  const unzip = createGunzip({ chunkSize: 1 << 18 });
  input.on("error", (error) => unzip.destroy(error));
  try {
    yield* input.pipe(unzip);
  } catch (cause) {
    throw toDativoError(cause, "DTV_SOURCE_COMPRESSION", `The gzip data of ${path} is broken or cut off`, {
      culprit: path,
      hint: "Fetch the file again; `gzip -t` checks it.",
    });
  } finally {
    input.destroy();
    unzip.destroy();
  }
  // At a zero byte after a member zlib stops without a word, taking it for padding; a member could follow it.
  if (unzip.bytesWritten < stored) {
    throw new DativoError("DTV_SOURCE_COMPRESSION", `After its gzip data, ${path} has bytes that are not gzip`, {
      culprit: path,
      hint: `The gzip data ends at byte ${unzip.bytesWritten} of ${stored}; cut the file there or mend it.`,
    });
  }
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

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}
