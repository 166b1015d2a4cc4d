import type { Batch } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import type { Provenance } from "../contract/provenance.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { type Field, Schema } from "../contract/schema.ts";
import { type ArrowField, type ArrowSchema, plainField } from "../formats/arrow/arrow-field.ts";
import { ColumnBatch } from "./column-batch.ts";
import type { NativeRows } from "./native-rows.ts";

/** What a cell without a type is: text as it stands in the source, or the JSON text of a value. */
export type Lexical = "text" | "json";

/** In the metadata of a field. */
const LEXICAL = "dativo.lexical";

/** What a library says of a batch that has more columns than it was told of. */
interface Widened {
  readonly columns: readonly string[];
  /** The last column holds objects, of members that have no column yet. */
  readonly extra: boolean;
}

/** The columns of a source that no contract names, of which more may come. */
export class UntypedColumns {
  readonly #lexical: Lexical;
  readonly #told: readonly string[];
  #arrow: ArrowSchema;

  constructor(names: readonly string[], lexical: Lexical) {
    this.#lexical = lexical;
    this.#told = names;
    this.#arrow = this.#schemaOf(names);
  }

  /** The batch that a library's rows are; `position` is what it says of them. */
  batchOf(rows: NativeRows, provenance: Provenance, position: unknown): Batch {
    const { columns, extra } = widenedBy(position);
    this.#widen([...this.#told, ...columns]);
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
    const marked = fields.map((field): Field => ({ ...field, metadata: { [LEXICAL]: lexical } }));
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

function widenedBy(position: unknown): Widened {
  if (position === undefined) return { columns: [], extra: false };
  const { columns, extra } = position as Partial<Widened>;
  if (Array.isArray(columns)) return { columns, extra: extra === true };
  throw new DativoError("DTV_PLUGIN_RESULT", "A decoder gave a batch with columns that it does not name");
}
