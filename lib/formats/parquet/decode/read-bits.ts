/** `width` bits (1 to 32) from bit `place` on, lowest first; what lies after the end counts as zero. */
export function readBits(bytes: Buffer, place: number, width: number): number {
  const at = place >>> 3;
  const shift = place & 7;
  const low =
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    shift;
  const value = shift + width > 32 ? (low | ((bytes[at + 4] as number) << (32 - shift))) >>> 0 : low;
  return width === 32 ? value : (value & ((1 << width) - 1)) >>> 0;
}
