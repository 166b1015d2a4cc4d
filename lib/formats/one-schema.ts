import { DativoError } from "../contract/errors.ts";
import type { Schema } from "../contract/schema.ts";

/** The schema of a file, which every batch that is written to it must have. */
export class OneSchema {
  readonly #schema: Schema;
  /** The last one that was found to be the same. */
  #known: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#known = schema;
  }

  /** @throws DativoError DTV_SCHEMA_CHANGED */
  check(schema: Schema): void {
    if (schema === this.#known) return;
    if (!schema.equals(this.#schema)) {
      throw new DativoError("DTV_SCHEMA_CHANGED", "A batch has another schema than the file it is to be written to", {
        details: { file: this.#schema.toString(), batch: schema.toString() },
      });
    }
    this.#known = schema;
  }
}
