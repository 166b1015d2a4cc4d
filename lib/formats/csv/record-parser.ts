import { isAscii } from "node:buffer";
import { type Options, parse } from "csv-parse/sync";
import type { Dialect } from "./dialect.ts";
import type { Stretch } from "./stretch.ts";

const ANY_LINE_END = ["\r\n", "\n", "\r"];

/** Reads the fields of records whose places are known. */
export class RecordParser {
  readonly #dialect: Dialect;
  readonly #isDelimiterAscii: boolean;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    this.#isDelimiterAscii = isAscii(Buffer.from(dialect.delimiterText));
  }

  /**
   * A row of `width` fields for each record of the stretch, those left out whose number is in `except`.
   *
   * @throws Error when csv-parse finds other records than the scanner did.
   */
  parse(stretch: Stretch, width: number, except: ReadonlyMap<number, unknown>): string[][] {
    const { forParser } = stretch.encoding;
    const runs = this.#goodRuns(stretch, except).map(([first, last]) => forParser(stretch.run(first, last)));
    const [first, ...rest] = runs;
    if (!first) return [];
    const text = rest.length === 0 ? first : Buffer.concat(runs);
    const rows = parse(text, this.#optionsFor(text)) as string[][];
    const wanted = stretch.length - except.size;
    if (rows.length !== wanted) throw new Error(`csv-parse found ${rows.length} records, the scanner ${wanted}`);
    const odd = rows.find((row) => row.length !== width);
    if (odd) throw new Error(`csv-parse found ${odd.length} fields in a record, the scanner ${width}`);
    return rows;
  }

  /** csv-parse pays at every byte for what may stand there: it is told of no more than does stand in this text. */
  #optionsFor(text: Buffer): Options {
    const { delimiterText, quoteText, escapeText, encoding } = this.#dialect;
    const isQuoted = quoteText !== null && text.includes(quoteText);
    return {
      delimiter: delimiterText,
      quote: isQuoted && quoteText,
      escape: isQuoted && escapeText !== null && escapeText,
      encoding: this.#isDelimiterAscii && isAscii(text) ? "latin1" : encoding.parserEncoding,
      record_delimiter: text.includes("\r") ? ANY_LINE_END : "\n",
      skip_empty_lines: true,
      // Every record has been counted; what csv-parse would compare is the records of one call.
      relax_column_count: true,
    };
  }

  /** Runs of neighbouring records without some, each with its first and last: what is left out is not parsed. */
  #goodRuns({ records }: Stretch, except: ReadonlyMap<number, unknown>): [first: number, last: number][] {
    const { length, starts, ends } = records;
    const mayHoldComments = this.#dialect.comment !== undefined;
    if (except.size === 0 && !mayHoldComments) return [[0, length - 1]];
    const runs: [number, number][] = [];
    for (let i = 0; i < length; i++) {
      if (except.has(i)) continue;
      const run = runs.at(-1);
      // No more than a line end between two records is no comment.
      const isNear = !mayHoldComments || (starts[i] as number) - (ends[i - 1] ?? 0) <= 2;
      if (run && run[1] === i - 1 && isNear) run[1] = i;
      else runs.push([i, i]);
    }
    return runs;
  }
}
