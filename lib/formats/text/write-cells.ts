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
    const where = batch.provenance ? ` at ${describePlace(batch.provenance.at(row))}` : "";
    throw new DativoError("DTV_VALUE_UNFIT", `Field '${name}'${where} ${error.message}`, { culprit: name });
  }
}
