import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
} from "@duckdb/node-api";
import { formatDecimal } from "../../../../lib/contract/decimal.ts";
import { formatDate, formatTime, formatTimestamp, fromEpochMicros } from "../../../../lib/contract/temporal.ts";

/** DuckDB with a folder for its files: the reader and writer that is not ours. */
export class Duck {
  readonly folder: string = mkdtempSync(join(tmpdir(), "dativo-parquet-"));
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(): Promise<Duck> {
    const instance = await DuckDBInstance.create(":memory:");
    const duck = new Duck(await instance.connect());
    await duck.run("SET TimeZone = 'UTC'");
    // Tests write one path again and again, faster than the clock of the file system tells them apart.
    await duck.run("SET enable_external_file_cache = false");
    return duck;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Columns of a query as cells in the sense of `contract/convert.ts`. */
  async columns(sql: string): Promise<unknown[][]> {
    const result = await this.#connection.runAndReadAll(sql);
    return result.getColumns().map((column) => column.map(toCell));
  }

  async names(sql: string): Promise<string[]> {
    return (await this.#connection.runAndReadAll(sql)).columnNames();
  }

  close(): void {
    this.#connection.closeSync();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A value of DuckDB as the cell that says the same. */
export function toCell(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof DuckDBDecimalValue) return formatDecimal(value.value, value.scale);
  if (value instanceof DuckDBDateValue) return formatDate(value.days);
  if (value instanceof DuckDBTimeValue) return formatTime(Number(value.micros));
  if (value instanceof DuckDBTimestampValue) return formatTimestamp(fromEpochMicros(value.micros), false);
  if (value instanceof DuckDBTimestampTZValue) return formatTimestamp(fromEpochMicros(value.micros), true);
  if (value instanceof DuckDBTimestampNanosecondsValue) {
    return formatTimestamp(fromEpochMicros(value.nanos / 1000n), false);
  }
  if (value instanceof DuckDBBlobValue) return new Uint8Array(value.bytes);
  if (value instanceof DuckDBUUIDValue) return value.toString();
  if (value instanceof DuckDBListValue) return value.items.map(toCell);
  if (value instanceof DuckDBStructValue) return objectOf(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue) {
    return value.entries.map(({ key, value: inner }) =>
      objectOf([
        ["key", key],
        ["value", inner],
      ]),
    );
  }
  return value;
}

function objectOf(entries: [string, unknown][]): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, value] of entries) object[name] = toCell(value);
  return object;
}
