import type { Batch, Row } from "../lib/contract/batch.ts";
import { DativoError } from "../lib/contract/errors.ts";
import { describeNoRecord, RowBatch } from "../lib/contract/row-batch.ts";
import { BaseTransform } from "../lib/contract/transform.ts";

/** What a function makes of a record: one, several, or none. */
export type RowFunction = (row: Row) => MadeOfRow | Promise<MadeOfRow>;
type MadeOfRow = Row | readonly Row[] | null | undefined;

/** A function of the user's over every record. */
export class MapRows extends BaseTransform {
  readonly #name: string;
  readonly #map: RowFunction;

  constructor(name: string, map: RowFunction) {
    super();
    this.#name = name;
    this.#map = map;
  }

  async apply(batch: Batch): Promise<Batch | undefined> {
    const made: Row[] = [];
    let dropped = 0;
    for (const row of batch.rows()) {
      const result = await this.#map(row);
      if (result === null || result === undefined) dropped++;
      else if (Array.isArray(result)) {
        if (result.length === 0) dropped++;
        for (const each of result) made.push(this.#check(each));
      } else made.push(this.#check(result as Row));
    }
    this.ctx.filtered(dropped);
    return made.length === 0 ? undefined : RowBatch.fromRows(made);
  }

  #check(result: Row): Row {
    const wrong = describeNoRecord(result);
    if (wrong === undefined) return result;
    throw new DativoError("DTV_PLUGIN_RESULT", `${this.#name} returned ${wrong} in place of a record`, {
      culprit: this.#name,
      hint: "It may return an object, an array of objects, or null to leave the record out.",
    });
  }
}
