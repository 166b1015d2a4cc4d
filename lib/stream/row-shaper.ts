import { type Batch, isBatch, type Row } from "../contract/batch.ts";
import type { DativoError } from "../contract/errors.ts";
import { Provenance } from "../contract/provenance.ts";
import type { Position } from "../contract/results.ts";
import { describeNoRecord, MAX_BATCH_ROWS, RowBatch } from "../contract/row-batch.ts";
import { Schema } from "../contract/schema.ts";
import type { StageControl } from "./stage.ts";

/** Few wide records can outweigh the memory that a run may have in flight. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

const MAX_POSITION_BYTES = 64 * 1024;

export interface Shaped {
  readonly batches: readonly Batch[];
  /** Where a restart goes on after the last of the batches, of which there is then at least one. */
  readonly position: Position | undefined;
}

/** Brings whatever a reader yields into batches of bearable size whose records know where they come from. */
export class RowShaper {
  readonly #source: string;
  readonly #control: StageControl;
  #rows = 0;
  schema = Schema.lexical([], { open: true });

  /** `source` names records that have nothing but a number. */
  constructor(source: string, control: StageControl) {
    this.#source = source;
    this.#control = control;
  }

  /** @throws DativoError DTV_PLUGIN_RESULT for what is neither records nor a checkpoint. */
  shape(yielded: unknown): Shaped {
    if (isRecords(yielded)) return { batches: this.#batches(yielded), position: undefined };
    const checkpoint = yielded as { batch: unknown; position: unknown } | null | undefined;
    if (!isRecords(checkpoint?.batch)) {
      throw this.#control.misresult("extract() must yield a Batch, an array of rows, or { batch, position }");
    }
    const batches = this.#batches(checkpoint.batch);
    // A position without records still moves the state: it travels on an empty batch.
    if (batches.length === 0) batches.push(RowBatch.empty(this.schema));
    return { batches, position: this.#keep(checkpoint.position) };
  }

  #batches(records: Batch | readonly Row[]): Batch[] {
    if (isBatch(records)) {
      this.schema = records.schema;
      this.#rows += records.length;
      return [records];
    }
    const batches: Batch[] = [];
    for (let start = 0; start < records.length; start += MAX_BATCH_ROWS) {
      const rows = records.slice(start, start + MAX_BATCH_ROWS);
      this.#checkRecords(rows);
      const provenance = Provenance.numbered(this.#source, this.#rows + 1);
      const batch = RowBatch.copyOf(rows, this.schema, { provenance });
      // The same schema object as long as no new name appears, so that stages see no change where there is none.
      this.schema = batch.schema;
      batches.push(...bearable(batch));
      this.#rows += rows.length;
    }
    return batches;
  }

  #checkRecords(rows: readonly unknown[]): void {
    const index = rows.findIndex((row) => describeNoRecord(row) !== undefined);
    if (index < 0) return;
    throw this.#control.misresult(
      `record ${this.#rows + index + 1}: extract() yielded ${describeNoRecord(rows[index])} as a record; a record is an object`,
    );
  }

  /** The position as JSON keeps it: the reader may go on using its own. */
  #keep(position: unknown): Position | undefined {
    if (position === undefined) return undefined;
    let text: string;
    try {
      text = JSON.stringify(position, onlyJson);
    } catch (cause) {
      throw this.#badPosition(`is no JSON: ${(cause as Error).message}`);
    }
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_POSITION_BYTES) throw this.#badPosition(`has ${bytes} bytes of JSON`);
    return JSON.parse(text);
  }

  #badPosition(why: string): DativoError {
    return this.#control.misresult(
      `extract() yielded a position that ${why}; a position is any JSON value of at most 64 KiB`,
    );
  }
}

function isRecords(value: unknown): value is Batch | readonly Row[] {
  return isBatch(value) || Array.isArray(value);
}

/** A batch in halves, and these in halves, until each is small enough or one record. */
function bearable(batch: RowBatch): RowBatch[] {
  if (batch.length === 1 || batch.sizeBytes <= MAX_BATCH_BYTES) return [batch];
  const middle = Math.floor(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle, batch.length)].flatMap(bearable);
}

function onlyJson(_key: string, value: unknown): unknown {
  const isLost = typeof value === "bigint" || typeof value === "function" || typeof value === "symbol";
  if (isLost) throw new TypeError(`it holds a ${typeof value}`);
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`it holds ${value}`);
  return value;
}
