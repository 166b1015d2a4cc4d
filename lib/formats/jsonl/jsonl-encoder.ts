import type { Batch } from "../../contract/batch.ts";
import type { EncodeContext, Encoder } from "../../contract/format.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { compileJsonWriter, type JsonWriter } from "../text/json-writer.ts";
import { writeCells } from "../text/write-cells.ts";
import type { JsonlEncodeOptions } from "./jsonl-options.ts";

interface FieldWriter {
  readonly name: string;
  /** What stands before the value: `,"name":`. */
  readonly lead: string;
  readonly write: JsonWriter;
}

/** Batches → one JSON object a line, with the fields in the order of the schema; nothing is held back. */
export class JsonlEncoder implements Encoder {
  readonly bufferedBytes = 0;
  readonly #fields: readonly FieldWriter[];

  constructor(options: JsonlEncodeOptions, { schema }: EncodeContext) {
    this.#fields = schema.fields.map((field, index) => ({
      name: field.name,
      lead: `${index === 0 ? "{" : ","}${JSON.stringify(field.name)}:`,
      write: compileJsonWriter(field, options),
    }));
  }

  /** @throws DativoError DTV_VALUE_UNFIT for a value that JSON has no text for. */
  encode(batch: Batch): Uint8Array[] {
    const rows = RowBatch.from(batch);
    const lines = new Array<string>(rows.length).fill(this.#fields.length === 0 ? "{" : "");
    for (const field of this.#fields) writeColumn(field, rows, lines);
    return [Buffer.from(lines.length === 0 ? "" : `${lines.join("}\n")}}\n`)];
  }

  flush(): Uint8Array[] {
    return [];
  }

  end(): Uint8Array[] {
    return [];
  }
}

/** Column by column: the function of a type stays hot. */
function writeColumn({ name, lead, write }: FieldWriter, batch: RowBatch, lines: string[]): void {
  writeCells(batch, name, write, (row, text) => {
    lines[row] += lead + text;
  });
}
