import type { DecodeContext } from "../../contract/format.ts";
import { positionsExcept, RowBatch } from "../../contract/row-batch.ts";
import { Schema } from "../../contract/schema.ts";
import type { CsvErrors } from "./csv-errors.ts";
import { HeaderFault, nameColumns, numberColumns, refuseTooMany } from "./csv-header.ts";
import type { CsvDecodeOptions } from "./csv-options.ts";
import type { Dialect } from "./dialect.ts";
import { NullWords } from "./null-words.ts";
import { type Expectation, judgeRecords } from "./record-judge.ts";
import { QUOTES_FIT, type RecordList } from "./record-list.ts";
import { RecordParser } from "./record-parser.ts";
import type { Stretch } from "./stretch.ts";

/** Memory follows the number of cells, so a wide table gets fewer records per batch. */
const MAX_BATCH_CELLS = 1_000_000;

const NO_COLUMNS = Schema.lexical([]);

/** Knows the columns of a table, and makes batches of the records that fit them; the others are rejects. */
export class TableReader {
  readonly #context: DecodeContext;
  readonly #errors: CsvErrors;
  readonly #parser: RecordParser;
  readonly #nulls: NullWords;
  readonly #allowNul: boolean;
  #isHeaderDue: boolean;
  #schema: Schema | undefined;
  #expected: Expectation;
  #rows = 0;

  constructor(options: CsvDecodeOptions, dialect: Dialect, context: DecodeContext, errors: CsvErrors) {
    this.#context = context;
    this.#errors = errors;
    this.#parser = new RecordParser(dialect);
    this.#nulls = new NullWords(options.null_values);
    this.#allowNul = options.allow_nul;
    this.#isHeaderDue = options.header;
    this.#expected = this.#expect(0, "");
    const { columns } = options;
    if (columns) this.#setColumns(columns, `columns names ${columns.length}`);
  }

  /** Records that a stretch shall hold: one alone as long as the columns are not known. */
  get capacity(): number {
    if (this.#isHeaderDue || !this.#schema) return 1;
    return Math.max(1, Math.min(this.#context.batchRows, Math.floor(MAX_BATCH_CELLS / this.#expected.fields)));
  }

  /** Without a header or names, the first record whose quotes fit tells how many columns there are. */
  settle(records: RecordList): void {
    if (this.#isHeaderDue || this.#schema || records.quoteFaults[0] !== QUOTES_FIT) return;
    const count = records.fields[0] as number;
    this.#explainFaults(records, () => {
      refuseTooMany(count);
      this.#setColumns(numberColumns(count), `the first record has ${count}`);
    });
  }

  /**
   * The records of a stretch, undefined when it held the header. Without a good record the batch is empty: the rejects
   * travel with it, and must not wait for a good record that may never come.
   */
  read(stretch: Stretch): RowBatch | undefined {
    if (this.#isHeaderDue) {
      this.#isHeaderDue = false;
      if (!this.#schema) this.#readHeader(stretch);
      return undefined;
    }
    this.settle(stretch.records);
    const provenance = stretch.provenance(this.#context.source, this.#rows + 1);
    this.#rows += stretch.length;
    const faults = judgeRecords(stretch, this.#expected);
    for (const [index, found] of faults) this.#context.reject({ ...provenance.at(index), faults: found });
    if (!this.#schema || faults.size === stretch.length) return RowBatch.empty(this.#schema ?? NO_COLUMNS, provenance);
    const rows = this.#parse(stretch, this.#expected.fields, faults);
    const columns = this.#schema.fields.map((_, column) => this.#nulls.columnOf(rows, column));
    return RowBatch.fromColumns(this.#schema, columns, rows.length, {
      provenance: faults.size === 0 ? provenance : provenance.take(positionsExcept(stretch.length, faults)),
    });
  }

  /** The columns, after the last record. @throws DativoError DTV_CSV_EMPTY when nothing has named them. */
  finish(): Schema {
    if (this.#isHeaderDue || (!this.#schema && this.#rows === 0)) throw this.#errors.empty();
    return this.#schema ?? NO_COLUMNS;
  }

  #readHeader(stretch: Stretch): void {
    const count = stretch.records.fields[0] as number;
    this.#explainFaults(stretch.records, () => {
      refuseTooMany(count);
      const [faults] = judgeRecords(stretch, this.#expect(count, "")).values();
      if (faults) throw new HeaderFault(`the header ${faults[0]?.reason}`);
      const [header] = this.#parse(stretch, count, new Map());
      const names = nameColumns(header as string[], (message) => {
        this.#context.warn(`${this.#context.source}: ${message}`);
      });
      this.#setColumns(names, `the header has ${count}`);
    });
  }

  #explainFaults(records: RecordList, decide: () => void): void {
    try {
      decide();
    } catch (error) {
      throw error instanceof HeaderFault ? this.#errors.header(error.message, records.lines[0] as number) : error;
    }
  }

  #setColumns(names: readonly string[], reason: string): void {
    this.#schema = Schema.lexical(names);
    this.#expected = this.#expect(names.length, reason);
  }

  #expect(fields: number, reason: string): Expectation {
    return { fields, reason, allowNul: this.#allowNul };
  }

  #parse(stretch: Stretch, width: number, faults: ReadonlyMap<number, unknown>): string[][] {
    try {
      return this.#parser.parse(stretch, width, faults);
    } catch (cause) {
      throw this.#errors.internal(stretch.records.lines[0] as number, cause);
    }
  }
}
