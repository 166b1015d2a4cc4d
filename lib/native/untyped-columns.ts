import type { Batch } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import type { Provenance } from "../contract/provenance.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { type Field, Schema } from "../contract/schema.ts";
import { type ArrowField, type ArrowSchema, LEXICAL, type Lexical, plainField } from "../formats/arrow/arrow-field.ts";
import { ColumnBatch } from "./column-batch.ts";
import type { FoundColumns } from "./found-columns.ts";
import type { NativeRows } from "./native-rows.ts";

/** What a library says of a batch that has more columns than it was told of. */
interface Widened {
  readonly columns: readonly string[];
  /** The last column holds objects, of members that have no column yet. */
  readonly extra: boolean;
  /** The values have no types, though the library was told some. */
  readonly untyped: boolean;
}

/** The columns of a source that no contract names, of which more may come. */
export class UntypedColumns implements FoundColumns {
  readonly names: readonly string[];
  readonly #lexical: Lexical;
  readonly #settled: Schema | undefined;
  #arrow: ArrowSchema;

  /** `settled` are the types that the first records have. */
  constructor(names: readonly string[], lexical: Lexical, settled?: Schema) {
    this.#settled = settled;
    this.#lexical = lexical;
    this.names = names;
    this.#arrow = this.#schemaOf(names);
  }

  batchOf(rows: NativeRows, provenance: Provenance, position: unknown): Batch {
    const { columns, extra } = widenedBy(position);
    this.#widen([...this.names, ...columns]);
    const batch = new ColumnBatch(this.#arrow, rows, provenance);
    return extra ? this.#withMembers(batch) : batch;
  }

  #widen(names: readonly string[]): void {
    if (names.length > this.#arrow.fields.length) this.#arrow = this.#schemaOf(names);
  }

  /** The values of a batch and of the members that have no column, as the format would have given them. */
  #withMembers(batch: ColumnBatch): Batch {
    const { fields } = this.#arrow;
    const member = jsonField("");
    const objects = new ColumnBatch({ ...this.#arrow, fields: [...fields, member] }, batch.native).readCells(
      fields.length,
      0,
      batch.length,
    ) as (Record<string, unknown> | null)[];
    const columns = new Map(fields.map(({ name }, index) => [name, batch.cells(index)]));
    for (const name of new Set(objects.flatMap((object) => Object.keys(object ?? {})))) {
      columns.set(
        name,
        objects.map((object) => (object && Object.hasOwn(object, name) ? object[name] : null)),
      );
    }
    const { schema } = this.#schemaOf([...columns.keys()]);
    const { length, provenance } = batch;
    batch.release();
    return RowBatch.fromColumns(schema, [...columns.values()], length, { provenance });
  }

  #schemaOf(names: readonly string[]): ArrowSchema {
    const lexical = this.#lexical;
    const { fields, metadata } = Schema.lexical(names, { open: lexical === "json" });
    const marked = fields.map((field): Field => {
      const settled = this.#settled?.field(field.name)?.type;
      return { ...field, metadata: { [LEXICAL]: lexical }, ...(settled && { settled }) };
    });
    return {
      schema: new Schema(marked, metadata),
      fields: names.map(lexical === "json" ? jsonField : textField),
      // Text is stored as text is; JSON is not what a string column holds.
      isPlain: lexical === "text",
    };
  }
}

function textField(name: string): ArrowField {
  return plainField({ name, type: { kind: "string" }, nullable: true });
}

function jsonField(name: string): ArrowField {
  return { ...textField(name), storage: { kind: "json" } };
}

/** Whether a library says of a batch that its values have no types, though it was told some. */
export function isUntyped(position: unknown): boolean {
  return position !== undefined && (position as Partial<Widened>).untyped === true;
}

function widenedBy(position: unknown): Pick<Widened, "columns" | "extra"> {
  if (position === undefined) return { columns: [], extra: false };
  const { columns, extra } = position as Partial<Widened>;
  if (Array.isArray(columns)) return { columns, extra: extra === true };
  throw new DativoError("DTV_PLUGIN_RESULT", "A decoder gave a batch with columns that it does not name");
}
