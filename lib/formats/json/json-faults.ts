import { DativoError } from "../../contract/errors.ts";

/** A place in a document; `position` counts bytes from the first of the stream. */
export interface DocumentPlace {
  readonly line: number;
  readonly position: number;
}

/** The errors after which a JSON document cannot be read on, each with its cure. */
export class JsonFaults {
  readonly #source: string;
  readonly #path: string;

  /** `names` lead to the records. */
  constructor(source: string, names: readonly string[]) {
    this.#source = source;
    this.#path = names.join(".");
  }

  unexpected(place: DocumentPlace, expected: string, byte: number): DativoError {
    const found = byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `the byte ${byte}`;
    const hint = expected === NOTHING ? "Where each line holds a document of its own, read it with jsonl." : MEND;
    return this.#invalid(place, `expected ${expected}, found ${found}`, hint);
  }

  cutOff(place: DocumentPlace): DativoError {
    return this.#invalid(place, "the document ends in the middle: it is cut off", "Fetch the file again.");
  }

  empty(place: DocumentPlace): DativoError {
    return this.#invalid(place, "there is no document: the file is empty", "An array without records is `[]`.");
  }

  broken(place: DocumentPlace, reason: string): DativoError {
    return this.#invalid(place, reason, MEND);
  }

  notRecords(place: DocumentPlace, kind: string): DativoError {
    const what = this.#path === "" ? "the document" : `'${this.#path}'`;
    const cure = kind === "an object" ? "With `single_object: true` it is one record. " : "";
    return this.#invalid(place, `${what} is ${kind}, not an array of records`, `${cure}${NAME_PATH}`);
  }

  notOnPath(place: DocumentPlace, name: string | undefined, kind: string): DativoError {
    const what = name === undefined ? "the document" : `'${name}'`;
    return this.#invalid(place, `${what} is ${kind}, so that it has no '${this.#path}'`, NAME_PATH);
  }

  absent(): DativoError {
    return new DativoError("DTV_JSON_INVALID", `${this.#source} has no '${this.#path}'`, {
      culprit: this.#source,
      hint: NAME_PATH,
    });
  }

  encoding(place: DocumentPlace): DativoError {
    return new DativoError("DTV_ENCODING", `${this.#at(place)}: is not utf-8`, {
      culprit: `${this.#source}:${place.line}`,
      details: this.#details(place),
    });
  }

  overflow(place: DocumentPlace, maxBytes: number): DativoError {
    return new DativoError(
      "DTV_RECORD_TOO_LARGE",
      `${this.#at(place)}: the value that begins here has more than ${maxBytes} bytes`,
      {
        culprit: `${this.#source}:${place.line}`,
        hint: `Most often the records stand elsewhere in the document. ${NAME_PATH} If a record is meant to be this large, raise max_record_bytes.`,
        details: this.#details(place),
      },
    );
  }

  #invalid(place: DocumentPlace, reason: string, hint: string): DativoError {
    return new DativoError("DTV_JSON_INVALID", `${this.#at(place)}: ${reason}`, {
      culprit: `${this.#source}:${place.line}`,
      hint,
      details: this.#details(place),
    });
  }

  #at({ line, position }: DocumentPlace): string {
    return `${this.#source}, line ${line} (byte ${position})`;
  }

  #details({ line, position }: DocumentPlace): Record<string, unknown> {
    return { source: this.#source, line, offset: position };
  }
}

/** What stands behind a document. */
export const NOTHING = "nothing behind the document";

const MEND = "Behind this place nobody can tell where records begin; mend the document.";
const NAME_PATH = "Say where the records stand by the option `path`, for example `path: data.items`.";
