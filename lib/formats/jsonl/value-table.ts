import { Schema } from "../../contract/schema.ts";

/** A file with more names comes from keys that are data, or from an attack. */
export const MAX_NAMES = 10_000;

/** Memory follows the number of cells, so many names make for fewer records per batch. */
const MAX_CELLS = 1_000_000;

/** Objects as columns, in the order in which their names first appeared; names stay once they have. */
export class ValueTable {
  readonly #names: string[] = [];
  readonly #index = new Map<string, number>();
  #schema = Schema.lexical([], { open: true });
  #columns: unknown[][] = [];
  /** Records held. */
  length = 0;

  get isFull(): boolean {
    return this.length * this.#names.length >= MAX_CELLS;
  }

  /** Takes the own properties of an object; false when its names are too many. */
  add(object: Record<string, unknown>): boolean {
    const keys = Object.keys(object);
    if (this.#names.length + keys.length > MAX_NAMES && this.#overflows(keys)) return false;
    const row = this.length++;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      // Most records have the names of the one before, in the same order.
      const index = this.#names[i] === key ? i : this.#indexOf(key);
      const column = this.#columns[index] as unknown[];
      while (column.length < row) column.push(null);
      column.push(object[key]);
    }
    return true;
  }

  /** The columns held, null where a record had no value, and their schema. */
  take(): { schema: Schema; columns: unknown[][]; length: number } {
    const { length } = this;
    const columns = this.#columns;
    for (const column of columns) while (column.length < length) column.push(null);
    if (this.#schema.fields.length < this.#names.length) this.#schema = Schema.lexical(this.#names, { open: true });
    this.#columns = this.#names.map(() => []);
    this.length = 0;
    return { schema: this.#schema, columns, length };
  }

  #indexOf(name: string): number {
    let index = this.#index.get(name);
    if (index === undefined) {
      index = this.#names.length;
      this.#names.push(name);
      this.#index.set(name, index);
      this.#columns.push([]);
    }
    return index;
  }

  #overflows(keys: readonly string[]): boolean {
    const added = keys.reduce((count, key) => count + (this.#index.has(key) ? 0 : 1), 0);
    return this.#names.length + added > MAX_NAMES;
  }
}
