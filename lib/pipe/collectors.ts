import { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import { ColumnInspection } from "../contract/files/column-inspection.ts";
import type { DiscoveredColumn, FileMetadata } from "../contract/results.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { BaseWriter } from "../contract/writer.ts";
import { ColumnStats, type ColumnSummary } from "./column-stats.ts";

/** Takes records and keeps what they have in common. */
abstract class Collector extends BaseWriter {
  static override readonly input = "batch";
  rows = 0;

  constructor() {
    super(AssetDefinition.unchecked("data"));
  }

  writeBatch(batch: Batch): FileMetadata[] {
    this.rows += batch.length;
    this.take(RowBatch.from(batch));
    return [];
  }

  protected abstract take(batch: RowBatch): void;
}

/** The columns of records and their types. */
export class SchemaCollector extends Collector {
  readonly #inspection = new ColumnInspection();

  get columns(): readonly DiscoveredColumn[] {
    return this.#inspection.result().columns;
  }

  protected take(batch: RowBatch): void {
    this.#inspection.add(batch);
  }
}

/** What each column holds. */
export class StatsCollector extends Collector {
  readonly #columns = new Map<string, ColumnStats>();

  get columns(): readonly ColumnSummary[] {
    // Records may lack a field; there it has no value.
    return [...this.#columns.values()].map((stats) => {
      const summary = stats.result();
      return { ...summary, count: this.rows, nulls: summary.nulls + this.rows - summary.count };
    });
  }

  protected take(batch: RowBatch): void {
    for (const [index, field] of batch.schema.fields.entries()) {
      const stats = this.#columns.get(field.name) ?? new ColumnStats(field);
      this.#columns.set(field.name, stats);
      stats.add(batch.cells(index));
    }
  }
}
