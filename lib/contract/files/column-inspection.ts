import { TextInference } from "../infer.ts";
import type { DiscoveredColumn } from "../results.ts";
import type { RowBatch } from "../row-batch.ts";
import { formatType } from "../types.ts";

/** What the columns of a source are, told from records of it. */
export class ColumnInspection {
  readonly #columns = new Map<string, ColumnFacts>();
  rows = 0;

  add(batch: RowBatch): void {
    for (const [index, field] of batch.schema.fields.entries()) {
      const facts = this.#columns.get(field.name) ?? {
        inference: new TextInference(),
        type: field.lexical ? undefined : formatType(field.type),
      };
      this.#columns.set(field.name, facts);
      for (const cell of batch.cells(index)) facts.inference.add(cell);
    }
    this.rows += batch.length;
  }

  result(): { columns: DiscoveredColumn[]; rowsInspected: number } {
    const columns = [...this.#columns].map(([name, { inference, type }]) => ({
      name,
      type: type ?? formatType(inference.type),
      nullable: inference.count < this.rows || inference.nulls > 0,
    }));
    return { columns, rowsInspected: this.rows };
  }
}

interface ColumnFacts {
  readonly inference: TextInference;
  /** The declared type, where the format has types. */
  readonly type: string | undefined;
}
