import type { Budget, Reservation } from "../../lib/contract/context.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import type { RowBatch } from "../../lib/contract/row-batch.ts";

const RESERVE_BYTES = 1024 * 1024;

/** What a key costs in a JavaScript Set besides its characters. */
const KEY_OVERHEAD_BYTES = 80;

/** Remembers the values of a unique field, or of the fields of a primary key, exactly and within the budget. */
export class UniqueIndex {
  readonly names: readonly string[];
  readonly #positions: readonly number[];
  readonly #seen = new Set<unknown>();
  readonly #reservations: Reservation[] = [];
  #freeBytes = 0;

  constructor(names: readonly string[], positions: readonly number[]) {
    this.names = names;
    this.#positions = positions;
  }

  /** True when an earlier record had the same values. Nulls are never equal to each other (SQL:2023 §8.11). */
  has(batch: RowBatch, row: number): boolean {
    return this.#seen.has(this.#key(batch, row));
  }

  /** @throws DativoError DTV_UNIQUE_LIMIT when the budget has no room for one value more. */
  add(batch: RowBatch, row: number, budget: Budget): void {
    const key = this.#key(batch, row);
    if (key === undefined) return;
    this.#reserve(key, budget);
    this.#seen.add(key);
  }

  close(): void {
    for (const reservation of this.#reservations) reservation.release();
    this.#seen.clear();
  }

  #key(batch: RowBatch, row: number): unknown {
    const cells = this.#positions.map((position) => batch.cells(position)[row]);
    if (cells.some((cell) => cell === null || cell === undefined)) return undefined;
    const [only] = cells;
    if (cells.length === 1 && typeof only !== "object") return only;
    return JSON.stringify(cells, (_, value: unknown) => (isBare(value) ? `${value}n` : value));
  }

  #reserve(key: unknown, budget: Budget): void {
    this.#freeBytes -= KEY_OVERHEAD_BYTES + (typeof key === "string" ? key.length : 8);
    if (this.#freeBytes >= 0) return;
    const reservation = budget.tryReserve(RESERVE_BYTES);
    if (!reservation) {
      throw new DativoError(
        "DTV_UNIQUE_LIMIT",
        `The unique check of ${this.names.join(", ")} holds ${this.#seen.size} values and has no memory for more`,
        {
          culprit: this.names.join(", "),
          hint: "Give the run more with --memory, or drop the rule where the source already guarantees it.",
        },
      );
    }
    this.#reservations.push(reservation);
    this.#freeBytes += RESERVE_BYTES;
  }
}

/** What JSON has no text for, or the same text for all of them. */
function isBare(value: unknown): boolean {
  return typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value));
}
