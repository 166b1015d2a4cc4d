/** Exact decimals: text ⇄ unscaled integer. A digit that does not fit is refused, never rounded. */

export type DecimalFault = "syntax" | "range" | "scale";

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** The unscaled value of `text` at `scale` (`12.5` at scale 2 is 1250n). */
export function parseDecimal(text: string, precision: number, scale: number): bigint | DecimalFault {
  const match = DECIMAL.exec(text);
  if (!match) return "syntax";
  const whole = match[2] as string;
  const fraction = match[3] ?? "";
  if (whole === "" && fraction === "") return "syntax";
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return 0n;
  const shift = scale - fraction.length + Number(match[4] ?? 0);
  const unscaled = shiftDigits(digits, shift);
  if (unscaled === undefined) return "scale";
  if (unscaled.length > precision) return "range";
  return match[1] === "-" ? -BigInt(unscaled) : BigInt(unscaled);
}

/** The text of an unscaled value with exactly `scale` digits after the point. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${text}` : text;
}

/** Multiplies a digit string by 10^shift; undefined when that would drop a digit other than zero. */
function shiftDigits(digits: string, shift: number): string | undefined {
  if (shift >= 0) return digits + "0".repeat(Math.min(shift, 100));
  const kept = digits.slice(0, shift);
  return /[1-9]/.test(digits.slice(shift)) ? undefined : kept || "0";
}
