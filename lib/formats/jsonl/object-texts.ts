import type { Batch } from "../../contract/batch.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import type { Schema } from "../../contract/schema.ts";
import { compileJsonWriter, type JsonWriter } from "../text/json-writer.ts";
import { writeCells } from "../text/write-cells.ts";
import type { JsonlEncodeOptions } from "./jsonl-options.ts";

interface FieldWriter {
  readonly name: string;
  /** What stands before the value: `,"name":`. */
  readonly lead: string;
  readonly write: JsonWriter;
}

/** Records as the texts of JSON objects, with the fields in the order of the schema. */
export class ObjectTexts {
  readonly #fields: readonly FieldWriter[];

  constructor(options: JsonlEncodeOptions, schema: Schema) {
    this.#fields = schema.fields.map((field, index) => ({
      name: field.name,
      lead: `${index === 0 ? "{" : ","}${JSON.stringify(field.name)}:`,
      write: compileJsonWriter(field, options),
    }));
  }

  /** @throws DativoError DTV_VALUE_UNFIT for a value that JSON has no text for. */
  of(batch: Batch): string[] {
    const rows = RowBatch.from(batch);
    const texts = new Array<string>(rows.length).fill(this.#fields.length === 0 ? "{" : "");
    for (const field of this.#fields) writeColumn(field, rows, texts);
    return texts.map((text) => `${text}}`);
  }
}

/** Column by column: the function of a type stays hot. */
function writeColumn({ name, lead, write }: FieldWriter, batch: RowBatch, texts: string[]): void {
  writeCells(batch, name, write, (row, text) => {
    texts[row] += lead + text;
  });
}
