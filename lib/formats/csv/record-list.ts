/** What is wrong with the quotes of a record. */
export const QUOTES_FIT = 0;
/** A quote stands inside a field that does not begin with one. */
export const STRAY_QUOTE = 1;
/** Text follows the closing quote of a field. */
export const TEXT_AFTER_QUOTE = 2;

/** Where records stand, a column per fact. Positions count units from the first of the stream. */
export class RecordList {
  readonly starts: number[] = [];
  /** Behind the last unit, the line end left out. */
  readonly ends: number[] = [];
  /** From 1. */
  readonly lines: number[] = [];
  /** Number of fields; up to the odd quote when there is one. */
  readonly fields: number[] = [];
  /** One of the constants above. */
  readonly quoteFaults: number[] = [];

  get length(): number {
    return this.starts.length;
  }

  add(start: number, end: number, line: number, fields: number, quoteFault: number): void {
    this.starts.push(start);
    this.ends.push(end);
    this.lines.push(line);
    this.fields.push(fields);
    this.quoteFaults.push(quoteFault);
  }
}
