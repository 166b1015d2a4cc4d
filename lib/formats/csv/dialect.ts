import { type CsvDecodeOptions, delimiterOf, quoteOf } from "./csv-options.ts";
import type { TextEncoding, Units } from "./text-encoding.ts";

/** What a unit of text may mean. Whether it does depends on where it stands. */
export const ORDINARY = 0;
export const DELIMITER = 1;
export const QUOTE = 2;
const ESCAPE = 3;
export const CARRIAGE_RETURN = 4;
export const LINE_FEED = 5;

/** The options of one file, made ready for scanning. */
export interface Dialect {
  readonly encoding: TextEncoding;
  /** Unit → its meaning; a delimiter is known by its first unit. */
  readonly kinds: Uint8Array;
  readonly delimiter: Units;
  readonly comment: Units | undefined;
  /** A quote inside quotes is written twice. */
  readonly isQuoteDoubled: boolean;
  readonly delimiterText: string;
  /** Null when quoting is off. */
  readonly quoteText: string | null;
  readonly escapeText: string | null;
  readonly skipLines: number;
  readonly maxRecordUnits: number;
  readonly maxFieldUnits: number;
}

export function compileDialect(options: CsvDecodeOptions, encoding: TextEncoding): Dialect {
  const delimiterText = delimiterOf(options);
  const quoteText = quoteOf(options) || null;
  const escapeText = options.escape_char ?? quoteText;
  const delimiter = encoding.unitsOf(delimiterText);
  const kinds = new Uint8Array(256 ** encoding.unitBytes);
  if (escapeText !== null) kinds[escapeText.charCodeAt(0)] = ESCAPE;
  if (quoteText !== null) kinds[quoteText.charCodeAt(0)] = QUOTE;
  kinds[delimiter[0] as number] = DELIMITER;
  kinds[0x0d] = CARRIAGE_RETURN;
  kinds[0x0a] = LINE_FEED;
  return {
    encoding,
    kinds,
    delimiter,
    comment: options.comment === undefined ? undefined : encoding.unitsOf(options.comment),
    isQuoteDoubled: escapeText === quoteText,
    delimiterText,
    quoteText,
    escapeText,
    skipLines: options.skip_lines,
    maxRecordUnits: Math.floor(options.max_record_bytes / encoding.unitBytes),
    maxFieldUnits: Math.floor(options.max_field_bytes / encoding.unitBytes),
  };
}
