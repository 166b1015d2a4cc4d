import stringWidth from "fast-string-width";
import type { Batch } from "../../contract/batch.ts";
import { escapeControls } from "../../contract/escape-controls.ts";
import type { EncodeContext, Encoder, Format } from "../../contract/format.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { type CellText, compileCellText } from "../csv/cell-text.ts";
import { ENCODINGS } from "../csv/text-encoding.ts";
import { writeCells } from "../text/write-cells.ts";

/** A wider cell would leave no room for the others. What is cut ends in `…`. */
const MAX_WIDTH = 60;

const NOTHING = "∅";

/** A table for people. It is only written: what is too wide for a screen is cut. */
export const tableFormat: Format = {
  name: "table",
  extension: "txt",
  encoder: (_options, context) => new TableEncoder(context),
};

/** Columns are as wide as the first batch needs; a later, wider cell stands out of its column. */
class TableEncoder implements Encoder {
  readonly bufferedBytes = 0;
  readonly #fields: readonly { readonly name: string; readonly text: CellText; readonly isNumber: boolean }[];
  #widths: number[] | undefined;

  constructor({ schema }: EncodeContext) {
    this.#fields = schema.fields.map((field) => ({
      name: field.name,
      text: compileCellText(field, (text) => text, ENCODINGS["utf-8"]),
      isNumber: !field.lexical && NUMBERS.has(field.type.kind),
    }));
  }

  encode(batch: Batch): Uint8Array[] {
    const rows = RowBatch.from(batch);
    const lines = Array.from({ length: rows.length }, () => new Array<string>(this.#fields.length).fill(""));
    for (const [column, { name, text }] of this.#fields.entries()) {
      writeCells(rows, name, text, (row, cell) => {
        (lines[row] as string[])[column] = cell === null ? NOTHING : cutToFit(escapeControls(cell));
      });
    }
    const head = this.#takeHead(lines);
    return [Buffer.from([...head, ...lines.map((line) => this.#format(line))].join(""))];
  }

  flush(): Uint8Array[] {
    return [];
  }

  end(): Uint8Array[] {
    return [Buffer.from(this.#takeHead([]).join(""))];
  }

  #takeHead(lines: readonly (readonly string[])[]): string[] {
    if (this.#widths) return [];
    const names = this.#fields.map(({ name }) => cutToFit(escapeControls(name)));
    this.#widths = names.map((name, column) => {
      return lines.reduce((width, line) => Math.max(width, stringWidth(line[column] as string)), stringWidth(name));
    });
    return [this.#format(names), this.#format(this.#widths.map((width) => "─".repeat(width)))];
  }

  #format(cells: readonly string[]): string {
    const padded = cells.map((cell, column) => {
      const room = " ".repeat(Math.max(0, (this.#widths?.[column] ?? 0) - stringWidth(cell)));
      return this.#fields[column]?.isNumber ? room + cell : cell + room;
    });
    return `${padded.join("  ").trimEnd()}\n`;
  }
}

const NUMBERS: ReadonlySet<string> = new Set(["integer", "double", "decimal"]);

function cutToFit(text: string): string {
  if (stringWidth(text) <= MAX_WIDTH) return text;
  let cut = "";
  let width = 0;
  for (const character of text) {
    width += stringWidth(character);
    if (width > MAX_WIDTH - 1) return `${cut}…`;
    cut += character;
  }
  return cut;
}
