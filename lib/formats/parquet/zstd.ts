/** Zstandard: Node's own where it has it (22.15 and later), else WebAssembly. */
import zlib from "node:zlib";

export interface Zstd {
  compress(bytes: Uint8Array, level: number): Uint8Array;
  /** @throws Error when the bytes are no frame, or one of more than `size` bytes */
  decompress(bytes: Uint8Array, size: number): Uint8Array;
}

/** What newer versions of Node add to `node:zlib`; the types in use here are those of the oldest. */
interface NodeZstd {
  zstdCompressSync?(bytes: Uint8Array, options: { params: Record<number, number> }): Uint8Array;
  zstdDecompressSync?(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

const MAGIC = 0xfd2fb528;
/** Bytes of the content size, by the two highest bits of the frame header's first byte (RFC 8878, 3.1.1.1). */
const SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;

let loaded: Promise<Zstd> | undefined;

export function loadZstd(): Promise<Zstd> {
  loaded ??= nodeZstd(zlib as unknown as NodeZstd) ?? wasmZstd();
  return loaded;
}

function nodeZstd({ zstdCompressSync, zstdDecompressSync, constants }: NodeZstd): Promise<Zstd> | undefined {
  const level = constants.ZSTD_c_compressionLevel;
  if (!zstdCompressSync || !zstdDecompressSync || level === undefined) return undefined;
  return Promise.resolve({
    compress: (bytes, value) => zstdCompressSync(bytes, { params: { [level]: value } }),
    decompress: (bytes, size) => zstdDecompressSync(bytes, { maxOutputLength: size }),
  });
}

async function wasmZstd(): Promise<Zstd> {
  const wasm = await import("@bokuweb/zstd-wasm");
  await wasm.init();
  return {
    compress: (bytes, level) => wasm.compress(bytes, level),
    decompress: (bytes, size) => {
      // The library allocates what the frame claims, and its memory never shrinks again.
      const claimed = contentSize(bytes);
      if (claimed !== undefined && claimed > size) {
        throw new Error(`a zstd frame claims ${claimed} bytes, where at most ${size} can be`);
      }
      try {
        return wasm.decompress(bytes, { defaultHeapSize: size });
      } catch (cause) {
        throw new Error("a zstd frame is broken", { cause });
      }
    },
  };
}

/** What a frame says of its size, undefined when it says nothing. */
function contentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.byteLength < 6 || view.getUint32(0, true) !== MAGIC) throw new Error("it is no zstd frame");
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 32) !== 0;
  const sizeBytes = SIZE_BYTES[(descriptor >> 6) as 0 | 1 | 2 | 3];
  const at = 5 + (isSingleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
  if (at + Math.max(sizeBytes, 1) > view.byteLength) throw new Error("it is no zstd frame");
  switch (sizeBytes) {
    case 0:
      return isSingleSegment ? view.getUint8(at) : undefined;
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
  }
}
