import { DativoError } from "../../lib/contract/errors.ts";

export interface Pattern {
  /** Whether the pattern is found anywhere in the text. */
  test(text: string): boolean;
}

/**
 * A pattern in RE2 syntax: linear in the length of the text whatever the pattern, so that a contract cannot stall
 * a run, and the same verdict in every implementation.
 *
 * @throws DativoError DTV_ASSET_INVALID when RE2 does not take it (back references, look-around).
 */
export async function compilePattern(source: string, field: string): Promise<Pattern> {
  const { RE2JS } = await import("re2js");
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    throw new DativoError(
      "DTV_ASSET_INVALID",
      `The pattern of field '${field}' cannot be used: ${(cause as Error).message}`,
      {
        culprit: field,
        hint: "Patterns are RE2 syntax: no look-around and no back references.",
        cause,
      },
    );
  }
}
