import type { RecordCounter } from "../../contract/format.ts";
import { ByteWindow, piecesOf } from "../text/byte-window.ts";
import { HEAD_BYTES, inspectHead } from "../text/text-head.ts";
import { CsvErrors } from "./csv-errors.ts";
import type { CsvDecodeOptions } from "./csv-options.ts";
import { compileDialect } from "./dialect.ts";
import { RecordScanner } from "./record-scanner.ts";
import { ENCODINGS, settleEncoding, type TextEncoding } from "./text-encoding.ts";

/** Records that are listed before they are counted. */
const CAPACITY = 10_000;

/** What is known once the first bytes were looked at. */
interface Reading {
  readonly encoding: TextEncoding;
  readonly errors: CsvErrors;
  readonly scanner: RecordScanner;
}

/** CSV bytes → the number of their records. Which columns there are is not looked at. */
export class CsvCounter implements RecordCounter {
  readonly #options: CsvDecodeOptions;
  readonly #source: string;
  readonly #window: ByteWindow;
  #reading: Reading | undefined;
  /** Position in bytes up to which the scanner has read. */
  #scanned = 0;
  #records = 0;

  constructor(options: CsvDecodeOptions, { source }: { readonly source: string }) {
    this.#options = options;
    this.#source = source;
    this.#window = new ByteWindow(0);
  }

  push(bytes: Uint8Array): void {
    for (const piece of piecesOf(bytes)) {
      this.#window.append(piece);
      if (this.#window.end >= HEAD_BYTES) this.#advance(false);
    }
  }

  end(): number {
    const reading = this.#advance(true);
    const { encoding, errors, scanner } = reading;
    scanner.finish(this.#scanned / encoding.unitBytes);
    this.#take(reading);
    if (scanner.openQuote) throw errors.unclosedQuote(scanner.openQuote);
    if (this.#window.end % encoding.unitBytes !== 0) throw errors.cutOff();
    const { header, columns } = this.#options;
    if (this.#records === 0 && (header || !columns)) throw errors.empty();
    return this.#records - (header ? 1 : 0);
  }

  #advance(isLast: boolean): Reading {
    this.#reading ??= this.#start();
    const { encoding, scanner } = this.#reading;
    for (;;) {
      const units = encoding.view(this.#window.view(this.#scanned, this.#window.end));
      this.#scanned += scanner.scan(units, this.#scanned / encoding.unitBytes, isLast) * encoding.unitBytes;
      const isDone = !scanner.isFull;
      this.#take(this.#reading);
      if (isDone) break;
    }
    this.#window.discard(this.#scanned);
    return this.#reading;
  }

  /** Looks at the first bytes, once enough of them are there. */
  #start(): Reading {
    const head = this.#window.view(0, Math.min(HEAD_BYTES, this.#window.end));
    const encoding = settleEncoding(ENCODINGS[this.#options.encoding], head);
    const dialect = compileDialect(this.#options, encoding);
    const expected = Uint8Array.of(...dialect.delimiter, ...(this.#options.allow_nul ? [0] : []));
    this.#scanned = inspectHead(head, this.#source, encoding.name, expected);
    const scanner = new RecordScanner(dialect, this.#scanned / encoding.unitBytes);
    scanner.capacity = CAPACITY;
    return { encoding, errors: new CsvErrors(this.#source, encoding.unitBytes), scanner };
  }

  #take({ errors, scanner }: Reading): void {
    this.#records += scanner.takeRecords().length;
    if (!scanner.overflow) return;
    const { max_field_bytes, max_record_bytes } = this.#options;
    throw errors.overflow(scanner.overflow, scanner.overflow.what === "field" ? max_field_bytes : max_record_bytes);
  }
}
