import type { Batch } from "../../contract/batch.ts";
import { DativoError } from "../../contract/errors.ts";
import { Unwritable } from "../../contract/json.ts";
import { describePlace } from "../../contract/provenance.ts";
import type { RowBatch } from "../../contract/row-batch.ts";

/**
 * Turns the cells of one field into text, in order; a field that the batch has not is all null.
 *
 * @throws DativoError DTV_VALUE_UNFIT naming field and place, where `write` throws {@link Unwritable}.
 */
export function writeCells<T>(
  batch: RowBatch,
  name: string,
  write: (cell: unknown) => T,
  take: (row: number, text: T) => void,
): void {
  const index = batch.schema.indexOf(name);
  const cells = index < 0 ? [] : batch.cells(index);
  let row = 0;
  try {
    for (; row < batch.length; row++) take(row, write(cells[row]));
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error;
    throw unfitCell(batch, name, row, error.message);
  }
}

/** Why a cell has no text; the reason goes on after its name and place. */
export function unfitCell({ provenance }: Batch, name: string, row: number, reason: string): DativoError {
  const where = provenance ? ` at ${describePlace(provenance.at(row))}` : "";
  return new DativoError("DTV_VALUE_UNFIT", `Field '${name}'${where} ${reason}`, { culprit: name });
}
