import { type Converter, compileConverter, describeMisfit, Misfit } from "./convert.ts";
import { DativoError } from "./errors.ts";
import { inferValueType } from "./infer.ts";
import { describePlace } from "./provenance.ts";
import { RowBatch } from "./row-batch.ts";
import { type Field, Schema } from "./schema.ts";
import { formatType, isSameType } from "./types.ts";

/**
 * Gives untyped fields the types of the values in a first batch, and holds every later value to them: for a writer
 * without a contract. Typed fields pass unchanged.
 */
export class TypeSettler {
  readonly schema: Schema;
  readonly #converters: readonly (Converter | undefined)[];
  #checked: Schema;

  constructor(first: RowBatch) {
    const fields = first.schema.fields.map((field, index) =>
      field.lexical ? settle(field, first.cells(index)) : field,
    );
    this.schema = new Schema(fields, first.schema.metadata);
    this.#checked = first.schema;
    this.#converters = first.schema.fields.map((field, index) =>
      field.lexical ? compileConverter((fields[index] as Field).type) : undefined,
    );
  }

  /** @throws DativoError DTV_VALUE_UNFIT for a value that does not fit, DTV_SCHEMA_CHANGED for other fields. */
  apply(batch: RowBatch): RowBatch {
    if (batch.schema !== this.#checked) this.#check(batch.schema);
    const columns = this.schema.fields.map((field, position) => {
      const index = batch.schema.indexOf(field.name);
      if (index < 0) return new Array<null>(batch.length).fill(null);
      const convert = this.#converters[position];
      const cells = batch.cells(index);
      return convert ? cells.map((cell, row) => this.#convert(cell, convert, field, batch, row)) : cells;
    });
    return RowBatch.fromColumns(this.schema, columns, batch.length, { provenance: batch.provenance });
  }

  #check(schema: Schema): void {
    for (const { name, type, lexical } of schema.fields) {
      const field = this.schema.field(name);
      if (field && (lexical || isSameType(field.type, type))) continue;
      const change = field ? `changes from ${formatType(field.type)} to ${formatType(type)}` : "appears";
      throw new DativoError("DTV_SCHEMA_CHANGED", `Field '${name}' ${change} after the first batch`, {
        culprit: name,
        hint: "Give the pipeline a contract: validate(asset) fixes the fields from the start.",
      });
    }
    this.#checked = schema;
  }

  #convert(cell: unknown, convert: Converter, field: Field, batch: RowBatch, row: number): unknown {
    if (cell === null || cell === undefined) return null;
    const made = convert(cell);
    if (!(made instanceof Misfit)) return made;
    const where = batch.provenance ? ` at ${describePlace(batch.provenance.at(row))}` : "";
    throw new DativoError(
      "DTV_VALUE_UNFIT",
      `Field '${field.name}'${where}: ${describeMisfit(made, cell, field.type)}`,
      {
        culprit: field.name,
        hint: "The type was read off the first batch. Give the pipeline a contract: validate(asset) names the types and keeps bad records apart.",
      },
    );
  }
}

function settle(field: Field, cells: readonly unknown[]): Field {
  return { name: field.name, type: inferValueType(cells) ?? { kind: "string" }, nullable: true };
}
