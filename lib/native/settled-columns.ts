import type { Batch } from "../contract/batch.ts";
import type { Provenance } from "../contract/provenance.ts";
import type { Schema } from "../contract/schema.ts";
import { formatType } from "../contract/types.ts";
import { type ArrowSchema, plainField } from "../formats/arrow/arrow-field.ts";
import { ColumnBatch } from "./column-batch.ts";
import type { FoundColumns } from "./found-columns.ts";
import type { NativeRows } from "./native-rows.ts";
import { isUntyped, UntypedColumns } from "./untyped-columns.ts";

/** The columns of a source that no contract names, with the types that its first records have. */
export class SettledColumns implements FoundColumns {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly #arrow: ArrowSchema;
  readonly #untyped: UntypedColumns;

  constructor(schema: Schema) {
    this.names = schema.names;
    this.types = schema.fields.map(({ type }) => formatType(type));
    this.#arrow = { schema, fields: schema.fields.map(plainField), isPlain: true };
    this.#untyped = new UntypedColumns(this.names, "json", schema);
  }

  batchOf(rows: NativeRows, provenance: Provenance, position: unknown): Batch {
    if (isUntyped(position)) return this.#untyped.batchOf(rows, provenance, position);
    return new ColumnBatch(this.#arrow, rows, provenance);
  }
}
