import type { Batch } from "../../contract/batch.ts";
import type { EncodeContext, Encoder } from "../../contract/format.ts";
import type { JsonlEncodeOptions } from "../jsonl/jsonl-options.ts";
import { ObjectTexts } from "../jsonl/object-texts.ts";

const BRACKET = "[".charCodeAt(0);

/** Batches → one array, an object a line, with the fields in the order of the schema; nothing is held back. */
export class JsonEncoder implements Encoder {
  readonly bufferedBytes = 0;
  readonly #texts: ObjectTexts;
  #isBegun = false;

  constructor(options: JsonlEncodeOptions, { schema }: EncodeContext) {
    this.#texts = new ObjectTexts(options, schema);
  }

  /** @throws DativoError DTV_VALUE_UNFIT for a value that JSON has no text for. */
  encode(batch: Batch): Uint8Array[] {
    return this.place([
      Buffer.from(
        this.#texts
          .of(batch)
          .map((text) => `,\n${text}`)
          .join(""),
      ),
    ]);
  }

  /** Each record comes with the comma before it; the first of the document has the bracket there. */
  place(blocks: Uint8Array[]): Uint8Array[] {
    const first = blocks.find(({ length }) => length > 0);
    if (first && !this.#isBegun) {
      first[0] = BRACKET;
      this.#isBegun = true;
    }
    return blocks;
  }

  flush(): Uint8Array[] {
    return [];
  }

  end(): Uint8Array[] {
    return [Buffer.from(this.#isBegun ? "\n]\n" : "[]\n")];
  }
}
