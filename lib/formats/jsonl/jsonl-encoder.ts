import type { Batch } from "../../contract/batch.ts";
import type { EncodeContext, Encoder } from "../../contract/format.ts";
import type { JsonlEncodeOptions } from "./jsonl-options.ts";
import { ObjectTexts } from "./object-texts.ts";

/** Batches → one JSON object a line, with the fields in the order of the schema; nothing is held back. */
export class JsonlEncoder implements Encoder {
  readonly bufferedBytes = 0;
  readonly #texts: ObjectTexts;

  constructor(options: JsonlEncodeOptions, { schema }: EncodeContext) {
    this.#texts = new ObjectTexts(options, schema);
  }

  /** @throws DativoError DTV_VALUE_UNFIT for a value that JSON has no text for. */
  encode(batch: Batch): Uint8Array[] {
    const texts = this.#texts.of(batch);
    return [Buffer.from(texts.length === 0 ? "" : `${texts.join("\n")}\n`)];
  }

  flush(): Uint8Array[] {
    return [];
  }

  end(): Uint8Array[] {
    return [];
  }
}
