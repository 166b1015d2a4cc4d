/** Where a scanner of CSV records stands. Numbers, since they are compared at every byte. */
export const RECORD_START = 0;
export const FIELD_START = 1;
export const PLAIN = 2;
export const QUOTED = 3;
/** Behind a quote that may be the closing one. */
export const CLOSED = 4;
/** Behind an escape character that is not the quote. */
export const ESCAPED = 5;
/** Behind an odd quote: the record ends at the next line end, whatever stands before it. */
export const BROKEN = 6;
export const COMMENT = 7;
export const SKIPPED = 8;

/** Where a unit without meaning leads from each state; then a quote, and an escape character that is no quote. */
export const AFTER_TEXT = Uint8Array.of(PLAIN, PLAIN, PLAIN, QUOTED, BROKEN, QUOTED, BROKEN, COMMENT, SKIPPED);
export const AFTER_QUOTE = Uint8Array.of(QUOTED, QUOTED, BROKEN, CLOSED, BROKEN, QUOTED, BROKEN, COMMENT, SKIPPED);
export const AFTER_ESCAPE = Uint8Array.of(PLAIN, PLAIN, PLAIN, ESCAPED, BROKEN, QUOTED, BROKEN, COMMENT, SKIPPED);
