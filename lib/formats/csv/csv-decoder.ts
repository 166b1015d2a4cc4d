import type { Batch } from "../../contract/batch.ts";
import type { DecodeContext, Decoder } from "../../contract/format.ts";
import { Provenance } from "../../contract/provenance.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { ByteWindow, piecesOf } from "../text/byte-window.ts";
import { HEAD_BYTES, inspectHead, MARK_BYTES } from "../text/text-head.ts";
import { CsvErrors } from "./csv-errors.ts";
import type { CsvDecodeOptions } from "./csv-options.ts";
import { compileDialect } from "./dialect.ts";
import { RecordScanner } from "./record-scanner.ts";
import { Stretch } from "./stretch.ts";
import { TableReader } from "./table-reader.ts";
import { ENCODINGS, settleEncoding, type TextEncoding } from "./text-encoding.ts";

/** What reads a file, once its first bytes have said how. */
interface Reading {
  readonly encoding: TextEncoding;
  readonly errors: CsvErrors;
  readonly table: TableReader;
  readonly scanner: RecordScanner;
}

/**
 * CSV bytes → batches of text.
 *
 * The scanner finds the records, the table reader makes batches of them. Batches, rejects and errors are the same
 * however the bytes are cut. What is held is at most the records of one batch and one record more.
 */
export class CsvDecoder implements Decoder {
  readonly #options: CsvDecodeOptions;
  readonly #context: DecodeContext;
  readonly #window: ByteWindow;
  #reading: Reading | undefined;
  /** Position in bytes up to which the scanner has read. */
  #scanned = 0;
  #hasYielded = false;

  constructor(options: CsvDecodeOptions, context: DecodeContext) {
    this.#options = options;
    this.#context = context;
    this.#window = new ByteWindow(options.max_record_bytes);
  }

  *push(bytes: Uint8Array): Generator<Batch> {
    for (const piece of piecesOf(bytes)) {
      this.#window.append(piece);
      if (this.#window.end >= HEAD_BYTES) yield* this.#advance(false);
    }
  }

  *flush(): Generator<Batch> {
    if (this.#window.end < MARK_BYTES) return;
    const reading = yield* this.#advance(false);
    yield* this.#take(reading);
    this.#window.discard(reading.scanner.needed * reading.encoding.unitBytes);
  }

  *end(): Generator<Batch> {
    const reading = yield* this.#advance(true);
    const { encoding, errors, scanner, table } = reading;
    const { unitBytes } = encoding;
    scanner.finish(this.#scanned / unitBytes);
    yield* this.#take(reading);
    this.#refuseOverflow(reading);
    if (scanner.openQuote) throw errors.unclosedQuote(scanner.openQuote);
    if (this.#window.end % unitBytes !== 0) throw errors.cutOff();
    const schema = table.finish();
    // Whoever asks for the columns of a table without records gets them.
    if (!this.#hasYielded) yield RowBatch.empty(schema, Provenance.numbered(this.#context.source, 1));
  }

  /** Scans what is there, and hands on every list of records that is full. */
  *#advance(isLast: boolean): Generator<Batch, Reading> {
    this.#reading ??= this.#start();
    const reading = this.#reading;
    const { encoding, scanner, table } = reading;
    for (;;) {
      table.settle(scanner.records);
      scanner.capacity = table.capacity;
      if (scanner.isFull) yield* this.#take(reading);
      const units = encoding.view(this.#window.view(this.#scanned, this.#window.end));
      this.#scanned += scanner.scan(units, this.#scanned / encoding.unitBytes, isLast) * encoding.unitBytes;
      if (!scanner.isFull) break;
    }
    if (scanner.overflow) yield* this.#take(reading);
    this.#refuseOverflow(reading);
    this.#window.discard(scanner.needed * encoding.unitBytes);
    return reading;
  }

  /** Looks at the first bytes, once enough of them are there. */
  #start(): Reading {
    const head = this.#window.view(0, Math.min(HEAD_BYTES, this.#window.end));
    const encoding = settleEncoding(ENCODINGS[this.#options.encoding], head);
    const dialect = compileDialect(this.#options, encoding);
    const expected = Uint8Array.of(...dialect.delimiter, ...(this.#options.allow_nul ? [0] : []));
    this.#scanned = inspectHead(head, this.#context.source, encoding.name, expected);
    const errors = new CsvErrors(this.#context.source, encoding.unitBytes);
    const table = new TableReader(this.#options, dialect, this.#context, errors);
    return { encoding, errors, table, scanner: new RecordScanner(dialect, this.#scanned / encoding.unitBytes) };
  }

  *#take({ encoding, scanner, table }: Reading): Generator<Batch> {
    if (scanner.records.length === 0) return;
    const records = scanner.takeRecords();
    const from = (records.starts[0] as number) * encoding.unitBytes;
    const to = (records.ends.at(-1) as number) * encoding.unitBytes;
    const batch = table.read(new Stretch(records, this.#window.view(from, to), encoding));
    if (!batch) return;
    this.#hasYielded = true;
    yield batch;
  }

  #refuseOverflow({ errors, scanner: { overflow } }: Reading): void {
    if (!overflow) return;
    const { max_field_bytes, max_record_bytes } = this.#options;
    throw errors.overflow(overflow, overflow.what === "field" ? max_field_bytes : max_record_bytes);
  }
}
