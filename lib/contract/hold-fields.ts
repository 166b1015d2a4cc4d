import type { Batch } from "./batch.ts";
import { DativoError } from "./errors.ts";
import { RowBatch } from "./row-batch.ts";
import type { Schema } from "./schema.ts";

/**
 * Holds batches to the fields of the first one, for a format that says them once at its beginning. A field that is
 * missing later is null.
 *
 * @throws DativoError DTV_SCHEMA_CHANGED for one that appears later
 */
export function holdFields(schema: Schema): (batch: Batch) => Batch {
  let checked = schema;
  let isSame = true;
  return (batch) => {
    if (batch.schema !== checked) {
      isSame = hasSameNames(schema, batch.schema);
      refuseNew(schema, batch);
      checked = batch.schema;
    }
    return isSame ? batch : shaped(schema, RowBatch.from(batch));
  };
}

function hasSameNames(a: Schema, b: Schema): boolean {
  return a.fields.length === b.fields.length && a.fields.every(({ name }, index) => b.fields[index]?.name === name);
}

function refuseNew(schema: Schema, batch: Batch): void {
  const added = batch.schema.names.find((name) => schema.indexOf(name) < 0);
  if (added === undefined) return;
  throw new DativoError("DTV_SCHEMA_CHANGED", `Field '${added}' appears after the first batch`, {
    culprit: added,
    hint: "The columns were written before it came. Name all of them: --select a,b,c, or a contract with --asset.",
  });
}

function shaped(schema: Schema, batch: RowBatch): RowBatch {
  const columns = schema.names.map((name) => {
    const index = batch.schema.indexOf(name);
    return index < 0 ? new Array<null>(batch.length).fill(null) : batch.cells(index);
  });
  return RowBatch.fromColumns(schema, columns, batch.length, { provenance: batch.provenance });
}
