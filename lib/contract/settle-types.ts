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
  readonly #converters: readonly Converter[];
  #checked: Schema;

  constructor(first: RowBatch) {
    const given = first.schema.fields.map((field, index) =>
      field.lexical ? settle(field, first.cells(index)) : field,
    );
    // Where a reader has settled fields, one that it has not settled appears after the first records.
    const settled = given.filter((_, index) => first.schema.fields[index]?.settled);
    const fields = settled.length > 0 ? settled : given;
    this.schema = new Schema(fields, first.schema.metadata);
    this.#checked = settled.length > 0 ? this.schema : first.schema;
    this.#converters = fields.map(({ type }) => compileConverter(type));
  }

  /** @throws DativoError DTV_VALUE_UNFIT for the first record that does not fit, DTV_SCHEMA_CHANGED for other fields. */
  apply(batch: RowBatch): RowBatch {
    if (batch.schema !== this.#checked) this.#check(batch.schema);
    let unfit = undefined as Unfit | undefined;
    const columns = this.schema.fields.map((field, position) => {
      const index = batch.schema.indexOf(field.name);
      if (index < 0) return new Array<null>(batch.length).fill(null);
      const cells = batch.cells(index);
      if (!batch.schema.fields[index]?.lexical) return cells;
      const made = convertAll(cells, this.#converters[position] as Converter);
      const row = made.findIndex((cell) => cell instanceof Misfit);
      if (row >= 0 && row < (unfit?.row ?? batch.length)) {
        unfit = { field, row, cell: cells[row], misfit: made[row] as Misfit };
      }
      return made;
    });
    if (unfit) throw describeUnfit(unfit, batch);
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
}

/** A value that is none of its field's type. */
interface Unfit {
  readonly field: Field;
  readonly row: number;
  readonly cell: unknown;
  readonly misfit: Misfit;
}

function convertAll(cells: readonly unknown[], convert: Converter): unknown[] {
  return cells.map((cell) => (cell === null || cell === undefined ? null : convert(cell)));
}

function describeUnfit({ field, row, cell, misfit }: Unfit, { provenance }: RowBatch): DativoError {
  const where = provenance ? ` at ${describePlace(provenance.at(row))}` : "";
  return new DativoError(
    "DTV_VALUE_UNFIT",
    `Field '${field.name}'${where}: ${describeMisfit(misfit, cell, field.type)}`,
    {
      culprit: field.name,
      hint: "The type was read off the first batch. Give the pipeline a contract: validate(asset) names the types and keeps bad records apart.",
    },
  );
}

function settle(field: Field, cells: readonly unknown[]): Field {
  return { name: field.name, type: field.settled ?? inferValueType(cells) ?? { kind: "string" }, nullable: true };
}
