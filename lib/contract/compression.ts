/** Kinds of compression around a whole file, and how files of each are called. */
export const COMPRESSION_SUFFIXES = { gzip: "gz", zstd: "zst", brotli: "br" } as const;

export type Compression = keyof typeof COMPRESSION_SUFFIXES;

export const COMPRESSIONS = Object.keys(COMPRESSION_SUFFIXES) as Compression[];

/** How compressed files are read. */
export interface Unpacking {
  /** `auto`: as the first bytes say, or the name where there are none that could. */
  readonly compression: Compression | "auto" | "none";
  /** Bytes that one stored byte may become, on an average from the first on. */
  readonly maxRatio: number;
  /** Bytes that a file may become. */
  readonly maxBytes: number;
}

export const DEFAULT_UNPACKING: Unpacking = { compression: "auto", maxRatio: 200, maxBytes: 2 ** 40 };

/** So many first bytes of a file say how it is compressed. */
export const SIGNATURE_BYTES = 6;

/** The kind that the first bytes of a file say, or its name: brotli has no bytes of its own. */
export function recognizeCompression(head: Uint8Array, path: string): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (isZstd(head)) return "zstd";
  return path.toLowerCase().endsWith(`.${COMPRESSION_SUFFIXES.brotli}`) ? "brotli" : undefined;
}

/** A frame, or one of those that decoders pass over: some tools begin a file with such a one. */
function isZstd(head: Uint8Array): boolean {
  const [first = 0, second, third, fourth] = head;
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return true;
  return (first & 0xf0) === 0x50 && second === 0x2a && third === 0x4d && fourth === 0x18;
}
