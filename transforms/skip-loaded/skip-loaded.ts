import type { AssetDefinition, AssetField } from "../../lib/contract/asset.ts";
import type { Batch } from "../../lib/contract/batch.ts";
import { type CursorOrder, type Ordinal, orderOf } from "../../lib/contract/cursor.ts";
import { type CursorState, cursorIdentity } from "../../lib/contract/cursor-state.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { MAX_BATCH_ROWS, RowBatch, recordText } from "../../lib/contract/row-batch.ts";
import type { Schema } from "../../lib/contract/schema.ts";
import { BaseTransform } from "../../lib/contract/transform.ts";
import { type CursorColumn, cursorColumnOf } from "./cursor-column.ts";
import { compileIdentify, type Identify } from "./identify.ts";
import { LoadedWindow } from "./loaded-window.ts";
import { OlderRecords } from "./older-records.ts";
import { WaitingBatches, type WaitingRows } from "./waiting-batches.ts";

export interface SkipLoadedOptions {
  /** The contract that the records keep. */
  readonly asset: AssetDefinition;
  readonly field: string;
  readonly lookbackDays: number;
  /** What earlier runs have loaded. */
  readonly before?: CursorState | undefined;
  /** How many records an earlier run found in a file. */
  readonly rowsBefore?: ((file: string) => number) | undefined;
  /** How many records may be remembered. */
  readonly limit?: number | undefined;
}

/** What a cursor has left out. */
export interface CursorReport {
  readonly field: string;
  readonly lookbackDays: number;
  /** Where the window began; undefined on a first run. */
  readonly from: string | undefined;
  /** The highest value so far; undefined when there was none. */
  readonly high: string | undefined;
  /** Records before the window. */
  readonly older: number;
  /** Of these, those that no earlier run can have loaded: at least so many. */
  readonly late: number;
  /** The look-back that would have reached the oldest of those; undefined where days are not counted. */
  readonly lateDays: number | undefined;
  /** Records of the window that earlier runs loaded. */
  readonly loadedBefore: number;
}

/** So many identities cost less than to keep the batch, which would have to be copied for its writer. */
const FEW_ROWS = 256;

/** A record that the stage keeps, leaves out, or rejects. */
const [KEPT, LEFT_OUT, REJECTED] = [0, 1, 2];

/**
 * Leaves out the records that earlier runs loaded, by a cursor: a field that goes up. It works on the column of the
 * cursor; batches of which all or nothing is kept are not turned into rows.
 */
export class SkipLoaded extends BaseTransform {
  static override readonly input = "columns";
  readonly #init: SkipLoadedOptions;
  readonly #field: AssetField;
  readonly #order: CursorOrder;
  readonly #window: LoadedWindow;
  readonly #older: OlderRecords;
  readonly #waiting = new WaitingBatches((rows) => this.#findLoaded(rows));
  #identify: Identify | undefined;
  #loadedBefore = 0;

  /** @throws DativoError DTV_OPTION_INVALID for a field that the contract has not, or that has no order. */
  constructor(init: SkipLoadedOptions) {
    super();
    this.#init = init;
    const field = init.asset.fields.find(({ name }) => name === init.field);
    const order = field && orderOf(field.type);
    if (!order) throw new DativoError("DTV_OPTION_INVALID", `'${init.field}' cannot be a cursor`);
    this.#field = field;
    this.#order = order;
    const isKeyed = init.asset.primaryKey.length > 0;
    this.#window = new LoadedWindow({ ...init, order, isKeyed, before: init.before });
    this.#older = new OlderRecords(init.rowsBefore ?? (() => 0));
  }

  override async open(schema: Schema): Promise<Schema> {
    const { asset, field } = this.#init;
    const { primaryKey } = asset;
    const names = primaryKey.length > 0 ? new Set([...primaryKey, field]) : asset.fields.map(({ name }) => name);
    this.#identify ??= await compileIdentify([...names]);
    return schema;
  }

  *apply(batch: Batch): Generator<Batch> {
    const column = cursorColumnOf(batch.column(this.#field.name));
    const file = batch.provenance?.source;
    if (column.extent) this.#advance(column.extent.max);
    if (this.#isOlder(column)) {
      this.#older.add(file, batch.length, column.extent?.min as Ordinal);
      this.ctx.filtered(batch.length);
      return;
    }
    const verdicts = this.#isPlain(column) ? undefined : this.#judge(batch, column, file);
    if (!verdicts?.some((verdict) => verdict !== KEPT)) yield batch;
    else if (verdicts.every((verdict) => verdict === LEFT_OUT)) this.ctx.filtered(batch.length);
    else yield* this.#divide(batch, verdicts);
  }

  /** Until now nobody knew which records the next run will have to know. */
  override flush(): void {
    this.#waiting.identifyAll();
  }

  override close(): void {
    this.#waiting.close();
    this.#window.close();
  }

  /** What the next run has to know, when this one commits. */
  state(): CursorState {
    return { ...cursorIdentity(this.#init.asset, this.#init.field), ...this.#window.state() };
  }

  report(): CursorReport {
    const { floor, high, highBefore } = this.#window;
    const { count, late, oldestLate } = this.#older;
    const { calendar } = this.#order;
    const text = (value: Ordinal | undefined): string | undefined =>
      value === undefined ? undefined : this.#order.format(value);
    const lateDays =
      calendar && oldestLate !== undefined && highBefore !== undefined
        ? calendar.daysBetween(oldestLate, highBefore)
        : undefined;
    return {
      field: this.#field.name,
      lookbackDays: this.#init.lookbackDays,
      from: text(floor),
      high: text(high),
      older: count,
      late,
      lateDays,
      loadedBefore: this.#loadedBefore,
    };
  }

  #advance(value: Ordinal): void {
    this.#window.advance(value);
    if (this.#window.low !== undefined) this.#waiting.forgetBefore(this.#window.low);
  }

  /** True when every record is older than the window. */
  #isOlder({ extent, missing }: CursorColumn): boolean {
    const { floor } = this.#window;
    return missing.size === 0 && floor !== undefined && extent !== undefined && extent.max < floor;
  }

  /** True when nothing has to be looked at record by record. */
  #isPlain({ extent, missing }: CursorColumn): boolean {
    return (
      missing.size === 0 &&
      extent !== undefined &&
      !this.#window.concerns(extent.min) &&
      !this.#window.concerns(extent.max)
    );
  }

  #judge(batch: Batch, { values, missing, extent }: CursorColumn, file: string | undefined): Uint8Array {
    const verdicts = new Uint8Array(batch.length);
    const reached: number[] = [];
    const above: number[] = [];
    const { floor } = this.#window;
    for (let row = 0; row < batch.length; row++) {
      const value = values[row] as Ordinal;
      if (missing.has(row)) verdicts[row] = REJECTED as number;
      else if (floor !== undefined && value < floor) {
        verdicts[row] = LEFT_OUT as number;
        this.#older.add(file, 1, value);
      } else if (this.#window.wasReached(value)) reached.push(row);
      else if (this.#window.concerns(value)) above.push(row);
    }
    for (const row of this.#findLoaded({ batch, rows: reached, values, file })) {
      verdicts[row] = LEFT_OUT as number;
      this.#loadedBefore++;
    }
    if (above.length > 0) this.#remember({ batch, rows: above, values, file, max: extent?.max as Ordinal });
    return verdicts;
  }

  /** Records that no earlier run has come to. What a plugin may change cannot wait. */
  #remember(rows: WaitingRows): void {
    if (rows.batch.readCells && rows.rows.length > FEW_ROWS) this.#waiting.add(rows, this.ctx.budget);
    else this.#findLoaded(rows);
  }

  /** The rows of records that earlier runs loaded; the others are remembered as far as the window reaches. */
  #findLoaded({ batch, rows, values, file }: Omit<WaitingRows, "max">): number[] {
    const concerned = rows.filter((row) => this.#window.concerns(values[row] as Ordinal));
    if (concerned.length === 0) return [];
    const hashes = (this.#identify as Identify)(batch, concerned);
    return concerned.filter((row, index) =>
      this.#window.isLoaded(values[row] as Ordinal, hashes[index] as string, file, this.ctx.budget),
    );
  }

  /** The records that are kept, as rows, a part at a time: all of a large batch would take ten times its memory. */
  *#divide(batch: Batch, verdicts: Uint8Array): Generator<Batch> {
    const parts = batch.slices?.(MAX_BATCH_ROWS) ?? [RowBatch.from(batch)];
    let start = 0;
    for (const part of parts) {
      const kept: number[] = [];
      for (let row = 0; row < part.length; row++) {
        const verdict = verdicts[start + row];
        if (verdict === KEPT) kept.push(row);
        else if (verdict === REJECTED) this.#reject(part, row);
        else this.ctx.filtered(1);
      }
      start += part.length;
      if (kept.length > 0) yield kept.length === part.length ? part : part.take(kept);
    }
  }

  #reject(part: RowBatch, row: number): void {
    const { name } = this.#field;
    const cell = part.cells(part.schema.indexOf(name))[row] ?? null;
    const what = cell === null ? "has no value" : `is ${String(cell)}`;
    const place = part.provenance?.at(row) ?? { source: this.#init.asset.name };
    this.ctx.reject({
      ...place,
      ...(place.raw ? {} : { record: recordText(part, row) }),
      faults: [{ column: name, rule: "cursor", reason: `${what}, so that nothing says whether the record is new` }],
    });
  }
}
