/** Digits whose number is exact without a bigint on the way. */
const EXACT_DIGITS = 15;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;

/**
 * The unscaled value of decimal text in its usual form, with all `scale` digits after the point.
 *
 * Several times faster than `parseDecimal`, which judges what is left undefined here: long values, exponents,
 * fewer or more digits, and everything that is no decimal.
 */
export function fastDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  const point = scale === 0 ? text.length : text.length - scale - 1;
  const digits = text.length - start - (scale === 0 ? 0 : 1);
  if (digits > precision || digits > EXACT_DIGITS || point <= start) return undefined;
  let value = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (i === point) {
      if (code !== POINT) return undefined;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return BigInt(start === 1 ? -value : value);
}
