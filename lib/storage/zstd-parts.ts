/** The framing of Zstandard (RFC 8878): frames one after the other, each of blocks, whose content is not looked at. */
import { DativoError } from "../contract/errors.ts";
import type { ByteSource } from "./byte-source.ts";
import type { Inflation } from "./inflation.ts";

const MAGIC = 0xfd2fb528;
/** Of frames that are passed over, but for the last four bits. */
const SKIPPABLE = 0x184d2a50;
/** Bytes of the content size, by the two highest bits of a frame's first byte; one where the frame is one segment. */
const SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const CHECKSUM = 0x04;
const MAX_BLOCK_BYTES = 128 * 1024;
const [RLE_BLOCK, RESERVED_BLOCK] = [1, 3];

/** What a decoder keeps in memory. Larger ones come from `--long` and the levels beyond 21 alone. */
export const MAX_WINDOW_LOG = 26;

/** The head of a frame, or one of its blocks with its head. */
export interface ZstdPart {
  readonly bytes: Buffer;
  readonly isFirst: boolean;
  /** Whether it ends the frame; its bytes then end with the checksum, where there is one. */
  readonly isLast: boolean;
  readonly hasChecksum: boolean;
}

/** The parts of all frames. @throws DativoError when bytes are missing, or are none of Zstandard's */
export async function* zstdParts(source: ByteSource, inflation: Inflation): AsyncGenerator<ZstdPart> {
  const take = async (length: number): Promise<Buffer> => {
    const bytes = await source.take(length);
    if (bytes.length < length) throw inflation.broken(new Error("unexpected end of file"));
    return bytes;
  };
  for (;;) {
    const start = source.taken;
    const magic = await source.take(4);
    if (magic.length === 0) return;
    const kind = magic.length < 4 ? 0 : magic.readUInt32LE();
    if (kind === MAGIC) yield* frameParts(magic, take, inflation);
    else if (kind - (kind % 16) === SKIPPABLE) await skip((await take(4)).readUInt32LE(), take);
    else throw inflation.followed(start);
  }
}

type Take = (length: number) => Promise<Buffer>;

async function skip(length: number, take: Take): Promise<void> {
  for (let rest = length; rest > 0; rest -= MAX_BLOCK_BYTES) await take(Math.min(rest, MAX_BLOCK_BYTES));
}

async function* frameParts(magic: Buffer, take: Take, inflation: Inflation): AsyncGenerator<ZstdPart> {
  const descriptor = (await take(1)).readUInt8();
  const hasChecksum = (descriptor & CHECKSUM) !== 0;
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
  const idBytes = DICTIONARY_ID_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
  const sizeBytes = SIZE_BYTES[(descriptor >> 6) as 0 | 1 | 2 | 3] || (isSingle ? 1 : 0);
  const rest = await take((isSingle ? 0 : 1) + idBytes + sizeBytes);
  if ((descriptor & RESERVED) !== 0) throw inflation.broken(new Error("a frame has a reserved bit"));
  if (idBytes > 0) throw notRead(inflation, "with a dictionary", "Decompress it first (zstd -d -D …).");
  const window = isSingle ? contentSize(rest, sizeBytes) : windowSize(rest.readUInt8());
  if (window > 2 ** MAX_WINDOW_LOG) {
    const hint = `Compress it with a smaller one (zstd --long=${MAX_WINDOW_LOG}), or decompress it first.`;
    throw notRead(inflation, `with a window of ${Math.ceil(window / 2 ** 20)} MiB`, hint);
  }
  yield { bytes: Buffer.concat([magic, Buffer.of(descriptor), rest]), isFirst: true, isLast: false, hasChecksum };
  for (let isLast = false; !isLast; ) {
    const head = await take(3);
    const value = head.readUIntLE(0, 3);
    const [kind, size] = [(value >> 1) & 3, value >> 3];
    if (kind === RESERVED_BLOCK || size > MAX_BLOCK_BYTES) throw inflation.broken(new Error("a block is none"));
    isLast = (value & 1) === 1;
    const body = await take((kind === RLE_BLOCK ? 1 : size) + (isLast && hasChecksum ? 4 : 0));
    yield { bytes: Buffer.concat([head, body]), isFirst: false, isLast, hasChecksum };
  }
}

function contentSize(bytes: Buffer, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE());
  return bytes.readUIntLE(0, length) + (length === 2 ? 256 : 0);
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function notRead({ path, kind }: Inflation, how: string, hint: string): DativoError {
  return new DativoError("DTV_SOURCE_COMPRESSION", `${path} is compressed by ${kind} ${how}, which is not read`, {
    culprit: path,
    hint,
  });
}
