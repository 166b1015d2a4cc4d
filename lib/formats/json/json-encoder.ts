import type { Batch } from "../../contract/batch.ts";
import type { EncodeContext, Encoder } from "../../contract/format.ts";
import type { JsonlEncodeOptions } from "../jsonl/jsonl-options.ts";
import { ObjectTexts } from "../jsonl/object-texts.ts";

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
    const texts = this.#texts.of(batch);
    if (texts.length === 0) return [];
    const lead = this.#isBegun ? ",\n" : "[\n";
    this.#isBegun = true;
    return [Buffer.from(lead + texts.join(",\n"))];
  }

  flush(): Uint8Array[] {
    return [];
  }

  end(): Uint8Array[] {
    return [Buffer.from(this.#isBegun ? "\n]\n" : "[]\n")];
  }
}
