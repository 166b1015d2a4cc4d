/**
 * Bytes of `256M`, `1.5GiB`, `4096`. Units are powers of 1024.
 *
 * @returns undefined when the text is no size.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (!match) return undefined;
  const power = ["", "k", "m", "g", "t"].indexOf((match[2] as string).toLowerCase());
  return Math.floor(Number(match[1]) * 1024 ** power);
}
