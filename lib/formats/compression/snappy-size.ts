const MAX_VARINT_BYTES = 5;

/** The size that a Snappy block says it has when it is unpacked; undefined where it says none (format_description.txt, 1). */
export function snappySize(bytes: Uint8Array): number | undefined {
  let size = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = bytes[i];
    if (byte === undefined) return undefined;
    size += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return size;
  }
  return undefined;
}
