import { CARRIAGE_RETURN, DELIMITER, type Dialect, LINE_FEED, ORDINARY, QUOTE } from "./dialect.ts";
import { QUOTES_FIT, RecordList, STRAY_QUOTE, TEXT_AFTER_QUOTE } from "./record-list.ts";
import {
  AFTER_ESCAPE,
  AFTER_QUOTE,
  AFTER_TEXT,
  BROKEN,
  CLOSED,
  COMMENT,
  ESCAPED,
  FIELD_START,
  PLAIN,
  QUOTED,
  RECORD_START,
  SKIPPED,
} from "./scan-states.ts";
import type { Units } from "./text-encoding.ts";

/** The list is full when its records span this many units, whatever their number. */
const MAX_SPAN_UNITS = 4 * 1024 * 1024;

/** Where a quote opened: its line, and its position in units. */
export interface QuotePlace {
  readonly line: number;
  readonly position: number;
}

/** A record or field that outgrew its limit. */
export interface Overflow {
  readonly what: "record" | "field";
  readonly line: number;
  readonly position: number;
  /** Where the field that was being read opens with a quote, if it does. */
  readonly quote: QuotePlace | undefined;
}

/**
 * Finds where CSV records begin and end, before any of them is parsed.
 *
 * csv-parse reads fields well, but cannot tell where a bad record ends, on which line a quote opened, or that a
 * field is growing without bound. Positions count units from the first of the stream; the result does not depend on
 * how the stream was cut.
 */
export class RecordScanner {
  /** The records found and not yet taken. */
  records = new RecordList();
  /** Records that make the list full. */
  capacity = 1;
  overflow: Overflow | undefined;
  readonly #dialect: Dialect;
  readonly #afterQuote: Uint8Array;
  /** A record up to this long breaks no limit. */
  readonly #harmlessUnits: number;
  #state: number;
  #linesToSkip: number;
  #line = 1;
  /** Position of the last carriage return. */
  #lastReturn = -2;
  #recordStart: number;
  #recordLine = 1;
  #fieldStart: number;
  #fields = 0;
  #quoteFault = QUOTES_FIT;
  #quote: QuotePlace | undefined;

  /** `position` is that of the first unit behind the byte order mark. */
  constructor(dialect: Dialect, position: number) {
    this.#dialect = dialect;
    this.#afterQuote = dialect.isQuoteDoubled ? AFTER_QUOTE.with(CLOSED, QUOTED) : AFTER_QUOTE;
    this.#harmlessUnits = Math.min(dialect.maxFieldUnits, dialect.maxRecordUnits);
    this.#linesToSkip = dialect.skipLines;
    this.#state = dialect.skipLines > 0 ? SKIPPED : RECORD_START;
    this.#recordStart = position;
    this.#fieldStart = position;
  }

  /** First unit that is still needed. */
  get needed(): number {
    return this.records.starts[0] ?? this.#recordStart;
  }

  /** The quote that is open at this point, if one is. */
  get openQuote(): QuotePlace | undefined {
    return this.#state === QUOTED || this.#state === ESCAPED ? this.#quote : undefined;
  }

  get isFull(): boolean {
    return this.records.length >= this.capacity || this.#spansTooMuch(this.#recordStart);
  }

  takeRecords(): RecordList {
    const taken = this.records;
    this.records = new RecordList();
    return taken;
  }

  /**
   * Reads on until the units are used up, the list is full, or a limit is passed, and returns how many were read.
   * The first stands at `origin`; `isLast` says that none will follow these.
   */
  scan(units: Units, origin: number, isLast: boolean): number {
    const { kinds, comment } = this.#dialect;
    const { length } = units;
    let i = 0;
    while (i < length) {
      if (comment !== undefined && this.#state === RECORD_START) {
        const step = matchAt(units, i, comment, isLast);
        if (step === undefined) break;
        if (step > 0) this.#state = COMMENT;
      }
      const kind = kinds[units[i] as number];
      if (kind === ORDINARY) {
        this.#enter(AFTER_TEXT[this.#state] as number, origin + i);
        do i++;
        while (i < length && kinds[units[i] as number] === ORDINARY);
      } else if (kind === DELIMITER) {
        const step = this.#separates() ? matchAt(units, i, this.#dialect.delimiter, isLast) : 0;
        if (step === undefined) break;
        if (step > 0) this.#endField(origin + i, step);
        else this.#enter(AFTER_TEXT[this.#state] as number, origin + i);
        i += step || 1;
      } else if (kind === LINE_FEED || kind === CARRIAGE_RETURN) {
        this.#endLine(origin + i, kind);
        i++;
        if (this.isFull) return i;
      } else {
        if (kind === QUOTE) this.#meetQuote(origin + i);
        else this.#enter(AFTER_ESCAPE[this.#state] as number, origin + i);
        i++;
      }
      if (this.overflow) return i;
    }
    this.#rest(origin + i);
    return i;
  }

  /** Ends the record that has no line end, if there is one and no quote is open. */
  finish(position: number): void {
    if (this.#state === QUOTED || this.#state === ESCAPED || this.#isBetweenRecords()) return;
    this.#endRecord(position);
  }

  /** Enters a state, and notes it when that is where the quotes of the record stop making sense. */
  #enter(next: number, position: number): void {
    if (next === BROKEN && this.#state !== BROKEN) {
      this.#checkLimits(position);
      this.#quoteFault = this.#state === CLOSED ? TEXT_AFTER_QUOTE : STRAY_QUOTE;
      this.#fields++;
    }
    this.#state = next;
  }

  #meetQuote(position: number): void {
    if (this.#state === RECORD_START || this.#state === FIELD_START) {
      // What has outgrown its limit before the quote has done so without it.
      this.#checkLimits(position);
      this.#quote = { line: this.#line, position };
    }
    this.#enter(this.#afterQuote[this.#state] as number, position);
  }

  /** Whether a delimiter here is one. */
  #separates(): boolean {
    return this.#state <= PLAIN || this.#state === CLOSED;
  }

  #endField(position: number, delimiterUnits: number): void {
    this.#checkLimits(position);
    this.#fields++;
    this.#fieldStart = position + delimiterUnits;
    this.#quote = undefined;
    this.#state = FIELD_START;
  }

  #endLine(position: number, kind: number): void {
    // CRLF is one line end; its CR has done what there was to do.
    if (kind === LINE_FEED && this.#lastReturn === position - 1) {
      if (this.#isBetweenRecords()) this.#startRecord(position + 1);
      return;
    }
    if (kind === CARRIAGE_RETURN) this.#lastReturn = position;
    this.#line++;
    if (this.#state === QUOTED || this.#state === ESCAPED) {
      this.#state = QUOTED;
      return;
    }
    if (!this.#isBetweenRecords()) this.#endRecord(position);
    this.#state = --this.#linesToSkip > 0 ? SKIPPED : RECORD_START;
    this.#startRecord(position + 1);
  }

  #endRecord(position: number): void {
    this.#checkLimits(position);
    if (this.overflow) return;
    const fields = this.#state === BROKEN ? this.#fields : this.#fields + 1;
    this.records.add(this.#recordStart, position, this.#recordLine, fields, this.#quoteFault);
    this.#state = RECORD_START;
    this.#startRecord(position);
  }

  #startRecord(position: number): void {
    this.#recordStart = position;
    this.#recordLine = this.#line;
    this.#fieldStart = position;
    this.#fields = 0;
    this.#quote = undefined;
    this.#quoteFault = QUOTES_FIT;
  }

  /** The units are used up: nothing that is open may have grown too large, and a comment is not kept. */
  #rest(position: number): void {
    if (this.#isBetweenRecords()) this.#startRecord(position);
    else this.#checkLimits(position);
  }

  #isBetweenRecords(): boolean {
    return this.#state === RECORD_START || this.#state === COMMENT || this.#state === SKIPPED;
  }

  #checkLimits(position: number): void {
    if (position - this.#recordStart > this.#harmlessUnits) this.#checkEachLimit(position);
  }

  #checkEachLimit(position: number): void {
    const { maxFieldUnits, maxRecordUnits } = this.#dialect;
    const fieldLimit = this.#state === BROKEN ? Number.POSITIVE_INFINITY : this.#fieldStart + maxFieldUnits;
    const recordLimit = this.#recordStart + maxRecordUnits;
    if (this.overflow || (position <= fieldLimit && position <= recordLimit)) return;
    this.overflow = {
      what: fieldLimit <= recordLimit ? "field" : "record",
      line: this.#recordLine,
      position: this.#recordStart,
      quote: this.#quote,
    };
  }

  #spansTooMuch(position: number): boolean {
    const first = this.records.starts[0];
    return first !== undefined && position - first >= MAX_SPAN_UNITS;
  }
}

/** Length of `pattern` when it stands at a place, 0 when it does not, undefined when more units must tell. */
function matchAt(units: Units, at: number, pattern: Units, isLast: boolean): number | undefined {
  for (let k = 0; k < pattern.length; k++) {
    const unit = units[at + k];
    if (unit === undefined) return isLast ? 0 : undefined;
    if (unit !== pattern[k]) return 0;
  }
  return pattern.length;
}
