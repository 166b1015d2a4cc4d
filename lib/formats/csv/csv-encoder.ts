import { type Options, stringify } from "csv-stringify/sync";
import type { Batch } from "../../contract/batch.ts";
import { DativoError } from "../../contract/errors.ts";
import type { EncodeContext, Encoder } from "../../contract/format.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { writeCells } from "../text/write-cells.ts";
import { type CellText, compileCellText, shieldFormula } from "./cell-text.ts";
import { type CsvEncodeOptions, delimiterOf } from "./csv-options.ts";
import { describeLacking, ENCODINGS, type TextEncoding } from "./text-encoding.ts";

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Batches → CSV text, the header first; nothing is held back.
 *
 * "No value" is written as `null_value`, and text that reads the same is put in quotes: with the default, no value
 * is an empty field and the empty text is `""`. (Our own reader takes both for no value unless its `null_values`
 * say otherwise.) In a table of one column no value is `""` as well, since an empty line is no record.
 */
export class CsvEncoder implements Encoder {
  readonly bufferedBytes = 0;
  readonly #fields: readonly { readonly name: string; readonly text: CellText }[];
  readonly #stringify: Options;
  /** What stands for no value before csv-stringify writes it. */
  readonly #missing: string | null;
  readonly #encoding: TextEncoding;
  #isMarkDue: boolean;
  #header: readonly string[] | undefined;

  constructor(options: CsvEncodeOptions, { schema }: EncodeContext) {
    if (schema.fields.length === 0) {
      throw new DativoError("DTV_SCHEMA_INVALID", "A CSV file needs at least one column");
    }
    const encoding = ENCODINGS[options.encoding];
    const shield = options.escape_formulas === "prefix" ? shieldFormula : (text: string) => text;
    this.#fields = schema.fields.map((field) => ({ name: field.name, text: compileCellText(field, shield, encoding) }));
    this.#header = options.header ? spelledNames(schema, encoding).map(shield) : undefined;
    this.#encoding = encoding;
    this.#isMarkDue = options.bom || encoding.unitBytes === 2;
    this.#missing = schema.fields.length === 1 && options.null_value === "" ? "" : null;
    this.#stringify = stringifyOptions(options);
  }

  /** @throws DativoError DTV_VALUE_UNFIT for a value that has no text. */
  encode(batch: Batch): Uint8Array[] {
    const rows = RowBatch.from(batch);
    const records = Array.from({ length: rows.length }, () => new Array<string | null>(this.#fields.length));
    for (const [column, { name, text }] of this.#fields.entries()) {
      writeCells(rows, name, text, (row, cell) => {
        (records[row] as (string | null)[])[column] = cell ?? this.#missing;
      });
    }
    return [...this.#takeHeader(), this.#bytesOf(records)];
  }

  /** Behind the header. */
  place(blocks: Uint8Array[]): Uint8Array[] {
    return [...this.#takeHeader(), ...blocks];
  }

  flush(): Uint8Array[] {
    return [];
  }

  end(): Uint8Array[] {
    return this.#takeHeader();
  }

  #takeHeader(): Uint8Array[] {
    const mark = this.#isMarkDue ? [this.#encoding.mark] : [];
    const line = this.#header ? [this.#bytesOf([[...this.#header]])] : [];
    this.#isMarkDue = false;
    this.#header = undefined;
    return [...mark, ...line];
  }

  #bytesOf(records: (string | null)[][]): Buffer {
    return this.#encoding.bytesOf(stringify(records, this.#stringify));
  }
}

function spelledNames({ names }: EncodeContext["schema"], encoding: TextEncoding): readonly string[] {
  for (const name of names) {
    const lacking = describeLacking(name, encoding);
    if (lacking === undefined) continue;
    throw new DativoError("DTV_SCHEMA_INVALID", `The name of field '${name}' holds ${lacking}`, {
      culprit: name,
      hint: "Rename it, or leave the header out with `header: false`.",
    });
  }
  return names;
}

function stringifyOptions(options: CsvEncodeOptions): Options {
  const { quote_char, null_value, line_ending } = options;
  const inQuotes = (value: string) => ({ value, quoted: true, quoted_empty: true });
  return {
    delimiter: delimiterOf(options),
    quote: quote_char,
    escape: quote_char,
    record_delimiter: line_ending,
    quote_record_delimiter: true,
    cast: {
      // A mark at the start of the file would be taken for the mark of the encoding, and dropped.
      string: (value) =>
        value === "" || value === null_value || value.charCodeAt(0) === BYTE_ORDER_MARK ? inQuotes(value) : value,
      null: () => null_value,
    },
  };
}
