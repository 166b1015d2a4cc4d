import type { Batch } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { type Field, Schema } from "../contract/schema.ts";
import { TypeSettler } from "../contract/settle-types.ts";
import { CellBatch } from "../formats/arrow/cell-batch.ts";
import { encodeRecords, recordsOf } from "../formats/arrow/encode-cells.ts";
import { newBatch } from "./abi2.ts";
import { ColumnBatch } from "./column-batch.ts";
import { exportArray } from "./export-array.ts";
import { BATCH } from "./layout.ts";

/** A dtv_batch with records, and what their schema is. The rows in it belong to whoever takes them out. */
export interface ExportedBatch {
  readonly schema: Schema;
  readonly struct: Buffer;
}

/** Gives batches to one object of a library. All of them have one schema, which the first one settles. */
export class BatchExporter {
  readonly #owner: string;
  #settler: TypeSettler | undefined;
  #schema: Schema | undefined;

  constructor(owner: string) {
    this.#owner = owner;
  }

  /** A native batch that nobody else holds is moved, others are copied. @throws DativoError DTV_SCHEMA_CHANGED */
  export(batch: Batch): ExportedBatch {
    const struct = newBatch();
    const schema = typed(batch.schema);
    const goesAsItIs = !isUntyped(batch) || this.#schema === undefined || this.#schema.equals(schema);
    if (goesAsItIs && batch instanceof ColumnBatch && batch.isPlain && batch.native.isAlone) {
      this.#hold(schema);
      batch.native.moveTo(struct, BATCH.rows);
      return { schema, struct };
    }
    const plain = goesAsItIs && batch instanceof CellBatch ? batch.plainColumns() : undefined;
    if (plain) {
      this.#hold(schema);
      exportArray(recordsOf(plain, batch.length)).copy(struct, BATCH.rows);
      return { schema, struct };
    }
    const raw = RowBatch.from(batch);
    this.#settler ??= new TypeSettler(this.#schema && isUntyped(raw) ? RowBatch.empty(this.#schema) : raw);
    const settled = this.#settler.apply(raw);
    this.#hold(settled.schema);
    const { fields } = settled.schema;
    const columns = fields.map((_, index) => settled.cells(index));
    const types = fields.map(({ type }) => type);
    exportArray(encodeRecords(types, columns, settled.length)).copy(struct, BATCH.rows);
    return { schema: settled.schema, struct };
  }

  #hold(schema: Schema): void {
    this.#schema ??= schema;
    if (this.#schema.equals(schema)) return;
    throw new DativoError("DTV_SCHEMA_CHANGED", `${this.#owner} was given records of another schema`, {
      culprit: this.#owner,
    });
  }
}

/** Untyped columns that lie there as ours do are text. */
function typed(schema: Schema): Schema {
  if (!isUntyped({ schema })) return schema;
  const fields = schema.fields.map(
    (field): Field => (field.lexical ? { name: field.name, type: { kind: "string" }, nullable: true } : field),
  );
  return new Schema(fields, schema.metadata);
}

function isUntyped({ schema }: Pick<Batch, "schema">): boolean {
  return schema.fields.some(({ lexical }) => lexical);
}
