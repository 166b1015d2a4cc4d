import { type Converter, compileConverter, describeMisfit, Misfit, showValue } from "../../../contract/convert.ts";
import { DativoError } from "../../../contract/errors.ts";
import { describePlace } from "../../../contract/provenance.ts";
import type { RowBatch } from "../../../contract/row-batch.ts";
import type { Field } from "../../../contract/schema.ts";
import { formatType } from "../../../contract/types.ts";
import { compileMemberWriter, type Write } from "./compile-writer.ts";
import type { DatumBuffer } from "./datum-buffer.ts";

/** Writes the cells of one field. */
export class FieldWriter {
  readonly #field: Field;
  readonly #index: number;
  readonly #write: Write;
  readonly #convert: Converter;

  constructor(field: Field, index: number) {
    this.#field = field;
    this.#index = index;
    this.#write = compileMemberWriter(field);
    this.#convert = compileConverter(field.type);
  }

  /** @throws DativoError DTV_VALUE_UNFIT for a cell that is none of its type; `record` is its number in the file */
  write(out: DatumBuffer, batch: RowBatch, row: number, record: number): void {
    const cell = batch.cells(this.#index)[row];
    const start = out.length;
    if (this.#write(out, cell)) return;
    out.length = start;
    const reason = this.#writeConverted(out, cell);
    if (reason === undefined) return;
    const { name } = this.#field;
    const place = batch.provenance ? describePlace(batch.provenance.at(row)) : `record ${record}`;
    throw new DativoError("DTV_VALUE_UNFIT", `${place}: the value of field '${name}'${reason}`, {
      culprit: name,
      hint: "Give the pipeline a contract: validate(asset) keeps records apart whose values do not fit.",
    });
  }

  /** A cell in another form than its type's own, such as a Date, is brought to that form first. Says why it cannot be. */
  #writeConverted(out: DatumBuffer, cell: unknown): string | undefined {
    if (cell === null || cell === undefined) return " is missing, and the field is not nullable";
    const { type } = this.#field;
    const converted = this.#convert(cell);
    if (converted instanceof Misfit) return `: ${describeMisfit(converted, cell, type)}`;
    return this.#write(out, converted) ? undefined : `: ${showValue(cell)} does not fit ${formatType(type)}, or UTF-8`;
  }
}
