import type { Batch } from "../batch.ts";
import type { Reservation } from "../context.ts";
import { decodePartition, encodePartition } from "../file-name.ts";
import type { FileMetadata } from "../results.ts";
import { MAX_BATCH_ROWS, RowBatch } from "../row-batch.ts";
import type { Schema } from "../schema.ts";
import { type Division, describeCut, RecordDivider, withoutColumns } from "./divide-records.ts";
import { type FilePlan, FileSeries } from "./file-series.ts";
import { PartitionRows } from "./partition-rows.ts";
import type { StagedFiles } from "./single-files.ts";

/** Records of so many bytes are worth a write, however few. */
const MIN_WRITE_BYTES = 1024 * 1024;

/**
 * What a held byte takes of memory: records live long enough to be old to V8, which lets about as much garbage of theirs
 * lie as is in use.
 */
const COLLECTOR_FACTOR = 2;

/** Files that are brought to the disk at a time when all are ended. */
const SEALED_AT_ONCE = 8;

/**
 * Files in a folder for each combination of values of some columns, `day=2024-05-01/country=CH`, whose records need not
 * come in any order.
 *
 * Records wait per partition, all of them in one reservation. When it is refused, the largest go to their files, which
 * stay open; only when the open files themselves are too many are those ended that got no record for the longest time.
 */
export class PartitionedFiles implements StagedFiles {
  readonly #plan: FilePlan;
  readonly #divider: RecordDivider;
  readonly #schemas: { readonly told: FileSchema; readonly whole: FileSchema };
  /** Those that got no record for the longest time first. */
  readonly #open = new Map<string, OpenPartition>();
  #reservation: Reservation | undefined;
  #hasTold = false;

  /** @throws DativoError DTV_CONFIG_INVALID for columns that cannot divide. */
  constructor(plan: FilePlan, columns: readonly string[]) {
    this.#plan = plan;
    this.#divider = new RecordDivider(plan.schema, columns);
    const fileSchema = (schema: Schema): FileSchema => ({
      schema,
      indices: schema.names.map((name) => plan.schema.indexOf(name)),
    });
    this.#schemas = { told: fileSchema(withoutColumns(plan.schema, columns)), whole: fileSchema(plan.schema) };
  }

  async write(records: Batch): Promise<readonly FileMetadata[]> {
    const batch = RowBatch.from(records);
    const ended: FileMetadata[] = [];
    for (const [division, rows] of this.#divider.divide(batch)) {
      const partition = this.#touch(division);
      partition.add(batch, rows);
      if (partition.isWorthWriting) ended.push(...(await partition.write()));
    }
    ended.push(...(await this.#stayWithinBudget()));
    return ended;
  }

  async finish(): Promise<readonly FileMetadata[]> {
    const ended = await this.#end([...this.#open.keys()]);
    this.#release();
    return ended;
  }

  async discard(): Promise<void> {
    for (const partition of this.#open.values()) await partition.discard();
    this.#open.clear();
    this.#release();
  }

  #touch(division: Division): OpenPartition {
    const partition = this.#open.get(division.key) ?? this.#begin(division);
    this.#open.delete(division.key);
    this.#open.set(division.key, partition);
    return partition;
  }

  #begin(division: Division): OpenPartition {
    if (division.isTold) return new OpenPartition(this.#plan, this.#schemas.told, division);
    if (!this.#hasTold) {
      const cut = division.folders.find((folder) => decodePartition(encodePartition(folder)) === undefined);
      this.#plan.ctx.log.warn(describeCut(cut?.column ?? ""));
      this.#hasTold = true;
    }
    return new OpenPartition(this.#plan, this.#schemas.whole, division);
  }

  async #stayWithinBudget(): Promise<readonly FileMetadata[]> {
    if (this.#reserve()) return [];
    const ended = await this.#writeLargest();
    if (this.#reserve()) return ended;
    for (const partition of this.#open.values()) ended.push(...(await partition.flush()));
    while (this.#open.size > 1 && !this.#reserve()) {
      const coldest = [...this.#open.keys()].slice(0, Math.ceil(this.#open.size / 4));
      ended.push(...(await this.#end(coldest)));
    }
    return ended;
  }

  #reserve(): boolean {
    let bytes = 0;
    for (const { heldBytes, overheadBytes } of this.#open.values())
      bytes += COLLECTOR_FACTOR * heldBytes + overheadBytes;
    this.#release();
    this.#reservation = this.#plan.ctx.budget.tryReserve(bytes);
    return this.#reservation !== undefined;
  }

  /** Gives up half of the records that are held, in the fewest and largest writes. */
  async #writeLargest(): Promise<FileMetadata[]> {
    const ended: FileMetadata[] = [];
    const sizes = [...this.#open.values()].map((partition) => ({ partition, bytes: partition.heldBytes }));
    let excess = sizes.reduce((sum, { bytes }) => sum + bytes, 0) / 2;
    for (const { partition, bytes } of sizes.sort((one, other) => other.bytes - one.bytes)) {
      if (excess <= 0) break;
      ended.push(...(await partition.flush()));
      excess -= bytes;
    }
    return ended;
  }

  async #end(keys: readonly string[]): Promise<FileMetadata[]> {
    const ended: FileMetadata[] = [];
    for (let at = 0; at < keys.length; at += SEALED_AT_ONCE) {
      const group = keys.slice(at, at + SEALED_AT_ONCE);
      // Nothing of a file goes on when this has failed.
      const settled = await Promise.allSettled(group.map((key) => (this.#open.get(key) as OpenPartition).end()));
      for (const result of settled) {
        if (result.status === "rejected") throw result.reason;
        ended.push(...result.value);
      }
      for (const key of group) this.#open.delete(key);
    }
    return ended;
  }

  #release(): void {
    this.#reservation?.release();
    this.#reservation = undefined;
  }
}

interface FileSchema {
  readonly schema: Schema;
  /** Where its columns are among those of the records. */
  readonly indices: readonly number[];
}

class OpenPartition {
  readonly #indices: readonly number[];
  readonly #rows: PartitionRows;
  readonly #series: FileSeries;

  constructor(plan: FilePlan, { schema, indices }: FileSchema, division: Division) {
    this.#indices = indices;
    this.#rows = new PartitionRows(schema);
    this.#series = new FileSeries(plan, schema, division);
  }

  get heldBytes(): number {
    return this.#rows.sizeBytes + this.#series.bufferedBytes;
  }

  get overheadBytes(): number {
    return this.#series.overheadBytes;
  }

  get isWorthWriting(): boolean {
    return this.#rows.rows >= MAX_BATCH_ROWS || this.#rows.sizeBytes >= MIN_WRITE_BYTES;
  }

  add(batch: RowBatch, rows: readonly number[]): void {
    this.#rows.add(batch, rows, this.#indices);
  }

  /** Hands what waits to the encoder. */
  async write(): Promise<readonly FileMetadata[]> {
    if (this.#rows.rows > 0) await this.#series.write(this.#rows.take());
    return this.#series.isFull ? this.#series.finish() : [];
  }

  /** Holds no record when it returns. */
  async flush(): Promise<readonly FileMetadata[]> {
    const ended = await this.write();
    await this.#series.flush();
    return ended;
  }

  async end(): Promise<readonly FileMetadata[]> {
    return [...(await this.write()), ...(await this.#series.finish())];
  }

  discard(): Promise<void> {
    return this.#series.discard();
  }
}
