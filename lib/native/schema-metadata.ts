/**
 * Metadata of a schema as the Arrow C Data Interface has it: a count, then keys and values, each with its length before
 * it (https://arrow.apache.org/docs/format/CDataInterface.html#c.ArrowSchema.metadata).
 */
import { copyBytes, fixedBytes } from "./memory.ts";

type Metadata = Readonly<Record<string, string>>;

/** Undefined where there is none. */
export function encodeMetadata(metadata: Metadata): Buffer | undefined {
  const texts = Object.entries(metadata).flat();
  if (texts.length === 0) return undefined;
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const bytes = fixedBytes(4 + sizes.reduce((sum, size) => sum + 4 + size, 0));
  bytes.writeInt32LE(texts.length / 2);
  let at = 4;
  for (const [index, text] of texts.entries()) {
    at = bytes.writeInt32LE(sizes[index] as number, at);
    at += bytes.write(text, at);
  }
  return bytes;
}

/** What stands at an address, which may be null. */
export function readMetadata(address: bigint): Metadata {
  if (address === 0n) return {};
  let at = address;
  const take = (length: number): Buffer => {
    const bytes = copyBytes(at, length);
    at += BigInt(length);
    return bytes;
  };
  const count = take(4).readInt32LE();
  const text = (): string => take(take(4).readInt32LE()).toString("utf8");
  return Object.fromEntries(Array.from({ length: count }, () => [text(), text()]));
}
