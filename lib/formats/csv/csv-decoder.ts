import type { Batch } from "../../contract/batch.ts";
import type { DecodeContext, Decoder } from "../../contract/format.ts";
import { Provenance } from "../../contract/provenance.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { ByteWindow, piecesOf } from "../text/byte-window.ts";
import { HEAD_BYTES, inspectHead } from "../text/text-head.ts";
import { CsvErrors } from "./csv-errors.ts";
import type { CsvDecodeOptions } from "./csv-options.ts";
import { compileDialect, type Dialect } from "./dialect.ts";
import { RecordScanner } from "./record-scanner.ts";
import { Stretch } from "./stretch.ts";
import { TableReader } from "./table-reader.ts";

/**
 * CSV bytes → batches of text.
 *
 * The scanner finds the records, the table reader makes batches of them. Batches, rejects and errors are the same
 * however the bytes are cut. What is held is at most the records of one batch and one record more.
 */
export class CsvDecoder implements Decoder {
  readonly #options: CsvDecodeOptions;
  readonly #source: string;
  readonly #dialect: Dialect;
  readonly #errors: CsvErrors;
  readonly #table: TableReader;
  readonly #window: ByteWindow;
  #scanner: RecordScanner | undefined;
  /** Position in bytes up to which the scanner has read. */
  #scanned = 0;
  #hasYielded = false;

  constructor(options: CsvDecodeOptions, context: DecodeContext) {
    this.#options = options;
    this.#source = context.source;
    this.#dialect = compileDialect(options);
    this.#errors = new CsvErrors(context.source, this.#dialect.encoding.unitBytes);
    this.#window = new ByteWindow(options.max_record_bytes);
    this.#table = new TableReader(options, this.#dialect, context, this.#errors);
  }

  *push(bytes: Uint8Array): Generator<Batch> {
    for (const piece of piecesOf(bytes)) {
      this.#window.append(piece);
      if (this.#window.end >= HEAD_BYTES) yield* this.#advance(false);
    }
  }

  *end(): Generator<Batch> {
    const { unitBytes } = this.#dialect.encoding;
    const scanner = yield* this.#advance(true);
    scanner.finish(this.#scanned / unitBytes);
    yield* this.#take(scanner);
    this.#refuseOverflow(scanner);
    if (scanner.openQuote) throw this.#errors.unclosedQuote(scanner.openQuote);
    if (this.#window.end % unitBytes !== 0) throw this.#errors.cutOff();
    const schema = this.#table.finish();
    // Whoever asks for the columns of a table without records gets them.
    if (!this.#hasYielded) yield RowBatch.empty(schema, Provenance.numbered(this.#source, 1));
  }

  /** Scans what is there, and hands on every list of records that is full. */
  *#advance(isLast: boolean): Generator<Batch, RecordScanner> {
    const { encoding } = this.#dialect;
    this.#scanner ??= this.#start();
    const scanner = this.#scanner;
    for (;;) {
      this.#table.settle(scanner.records);
      scanner.capacity = this.#table.capacity;
      if (scanner.isFull) yield* this.#take(scanner);
      const units = encoding.view(this.#window.view(this.#scanned, this.#window.end));
      this.#scanned += scanner.scan(units, this.#scanned / encoding.unitBytes, isLast) * encoding.unitBytes;
      if (!scanner.isFull) break;
    }
    if (scanner.overflow) yield* this.#take(scanner);
    this.#refuseOverflow(scanner);
    this.#window.discard(scanner.needed * encoding.unitBytes);
    return scanner;
  }

  /** Looks at the first bytes, once enough of them are there. */
  #start(): RecordScanner {
    const { encoding, delimiter } = this.#dialect;
    const head = this.#window.view(0, Math.min(HEAD_BYTES, this.#window.end));
    const expected = Uint8Array.of(...delimiter, ...(this.#options.allow_nul ? [0] : []));
    this.#scanned = inspectHead(head, this.#source, encoding.name, expected);
    return new RecordScanner(this.#dialect, this.#scanned / encoding.unitBytes);
  }

  *#take(scanner: RecordScanner): Generator<Batch> {
    if (scanner.records.length === 0) return;
    const { encoding } = this.#dialect;
    const records = scanner.takeRecords();
    const from = (records.starts[0] as number) * encoding.unitBytes;
    const to = (records.ends.at(-1) as number) * encoding.unitBytes;
    const batch = this.#table.read(new Stretch(records, this.#window.view(from, to), encoding));
    if (!batch) return;
    this.#hasYielded = true;
    yield batch;
  }

  #refuseOverflow({ overflow }: RecordScanner): void {
    if (!overflow) return;
    const { max_field_bytes, max_record_bytes } = this.#options;
    throw this.#errors.overflow(overflow, overflow.what === "field" ? max_field_bytes : max_record_bytes);
  }
}
