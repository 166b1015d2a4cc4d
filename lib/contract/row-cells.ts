import type { Row } from "./batch.ts";

/** Every own property name of the rows, in order of first appearance. */
export function namesOf(rows: readonly Row[], known: readonly string[] = []): string[] {
  const names = new Set(known);
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  return [...names];
}

/** What rows hold, column by column, under the names known and those that are new; nothing of the rows is kept. */
export function copyColumns(
  rows: readonly Row[],
  known: readonly string[] = [],
): { names: readonly string[]; columns: unknown[][] } {
  const likely = known.length > 0 ? known : Object.keys(rows[0] ?? {});
  const columns = copyKnown(rows, likely);
  if (columns) return { names: likely, columns };
  const names = namesOf(rows, known);
  return { names, columns: names.map((name) => copyCells(cellsOf(rows, name))) };
}

/**
 * The columns of rows that have no other names; undefined where one has. Rows of one program mostly have their names in one
 * order: V8 then finds the next value of a row without looking for its name.
 */
function copyKnown(rows: readonly Row[], names: readonly string[]): unknown[][] | undefined {
  if (names.some((name) => name in Object.prototype)) return undefined;
  const columns = names.map(() => new Array<unknown>(rows.length).fill(null));
  const positions = new Map(names.map((name, position) => [name, position]));
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as Row;
    let taken = 0;
    let next = 0;
    // Inherited properties are enumerated as well: one that is no known name is left to those who look closer.
    for (const name in row) {
      const at = names[next] === name ? next : positions.get(name);
      if (at === undefined) return undefined;
      (columns[at] as unknown[])[index] = copyOf(row[name]) ?? null;
      taken++;
      next = at + 1;
    }
    if (taken < names.length) copyMissing(row, names, columns, index);
  }
  return columns;
}

/** A name that was not enumerated may still be a getter's of the row's class. */
function copyMissing(row: Row, names: readonly string[], columns: unknown[][], index: number): void {
  for (const [at, name] of names.entries()) (columns[at] as unknown[])[index] ??= copyOf(row[name]) ?? null;
}

/** What the rows have under a name, null where there is nothing. */
export function cellsOf(rows: readonly Row[], name: string): unknown[] {
  // `toString` and `__proto__` are good column names and must not be found on a prototype.
  if (name in Object.prototype) return rows.map((row) => (Object.hasOwn(row, name) ? (row[name] ?? null) : null));
  return rows.map((row) => row[name] ?? null);
}

/** Copies what is mutable among the cells, in place. */
function copyCells(cells: unknown[]): unknown[] {
  for (let i = 0; i < cells.length; i++) if (typeof cells[i] === "object") cells[i] = copyOf(cells[i]);
  return cells;
}

/** Lists, plain objects and bytes anew, whatever they hold too; values of other classes are theirs to keep whole. */
function copyOf(cell: unknown): unknown {
  if (typeof cell !== "object" || cell === null) return cell;
  if (Array.isArray(cell)) return copyCells([...cell]);
  if (cell instanceof Uint8Array) return new Uint8Array(cell);
  const prototype = Object.getPrototypeOf(cell);
  if (prototype !== Object.prototype && prototype !== null) return cell;
  const copy: Row = { ...cell };
  for (const name in copy) if (typeof copy[name] === "object") copy[name] = copyOf(copy[name]);
  return copy;
}
