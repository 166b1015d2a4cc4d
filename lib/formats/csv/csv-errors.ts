import { DativoError } from "../../contract/errors.ts";
import type { Overflow, QuotePlace } from "./record-scanner.ts";

/** The errors after which a CSV file cannot be read on, each with its cure. */
export class CsvErrors {
  readonly #source: string;
  readonly #unitBytes: number;

  constructor(source: string, unitBytes: number) {
    this.#source = source;
    this.#unitBytes = unitBytes;
  }

  empty(): DativoError {
    return new DativoError("DTV_CSV_EMPTY", `${this.#source} has no header line: it is empty`, {
      culprit: this.#source,
      hint: "A CSV file begins with the names of its columns. Where the names are known, give them as `columns` with `header: false`.",
    });
  }

  header(reason: string, line: number, hint = HEADER_CURE): DativoError {
    return new DativoError("DTV_CSV_HEADER", `${this.#source}, line ${line}: ${reason}`, {
      culprit: `${this.#source}:${line}`,
      hint,
    });
  }

  unclosedQuote(quote: QuotePlace): DativoError {
    return new DativoError(
      "DTV_CSV_UNCLOSED_QUOTE",
      `${this.#at(quote)}: a quote opens here that is never closed, so where its record ends is unknown`,
      {
        culprit: `${this.#source}:${quote.line}`,
        hint: 'Close the quote, or double it if it is part of the text. Where quotes have no meaning, set `quote_char: ""`.',
        details: this.#details(quote),
      },
    );
  }

  overflow({ what, quote, ...place }: Overflow, limitBytes: number): DativoError {
    const suspect = quote
      ? `; its last field opens with a quote at line ${quote.line} (byte ${this.#byte(quote)})`
      : "";
    const option = what === "field" ? "max_field_bytes" : "max_record_bytes";
    return new DativoError(
      "DTV_RECORD_TOO_LARGE",
      `${this.#at(place)}: the record that begins here has ${what === "field" ? "a field of " : ""}more than ${limitBytes} bytes${suspect}`,
      {
        culprit: `${this.#source}:${place.line}`,
        hint: quote
          ? `Most often that quote is not closed. If the ${what} is meant to be this large, raise ${option}.`
          : `Look whether delimiter and line ends are as expected. If the ${what} is meant to be this large, raise ${option}.`,
        details: {
          ...this.#details(place),
          ...(quote ? { quoteLine: quote.line, quoteOffset: this.#byte(quote) } : {}),
        },
      },
    );
  }

  cutOff(): DativoError {
    return new DativoError("DTV_ENCODING", `${this.#source} has an odd number of bytes and is read as UTF-16`, {
      culprit: this.#source,
      hint: "The file is cut off, or is in another encoding.",
    });
  }

  internal(line: number, cause?: unknown): DativoError {
    return new DativoError("DTV_INTERNAL", `${this.#source}: the records from line ${line} on were split in two ways`, {
      culprit: `${this.#source}:${line}`,
      hint: "Please report this with the file.",
      cause,
    });
  }

  #at(place: QuotePlace): string {
    return `${this.#source}, line ${place.line} (byte ${this.#byte(place)})`;
  }

  #byte({ position }: QuotePlace): number {
    return position * this.#unitBytes;
  }

  #details(place: QuotePlace): Record<string, unknown> {
    return { source: this.#source, line: place.line, offset: this.#byte(place) };
  }
}

const HEADER_CURE = "Mend the header, or give the names as `columns`: the header is then passed over.";
