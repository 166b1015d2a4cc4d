import type { Column } from "../../lib/contract/column.ts";
import type { Ordinal } from "../../lib/contract/cursor.ts";

/** The least and the greatest value of a column. */
export interface Extent {
  readonly min: Ordinal;
  readonly max: Ordinal;
}

/** A column of a batch as a cursor. */
export interface CursorColumn {
  readonly values: ArrayLike<Ordinal>;
  /** Rows without a place in the order: null, NaN, infinite. */
  readonly missing: ReadonlySet<number>;
  /** Undefined when no row has a place. */
  readonly extent: Extent | undefined;
}

export function cursorColumnOf(column: Column): CursorColumn {
  const values = column.values as ArrayLike<Ordinal>;
  const missing = missingOf(column);
  return { values, missing, extent: extentOf(values, missing) };
}

function missingOf(column: Column): ReadonlySet<number> {
  const missing = new Set<number>();
  if (column.nullCount > 0) {
    for (let row = 0; row < column.length; row++) if (column.isNull(row)) missing.add(row);
  }
  const { values } = column;
  // An infinite value would be the highest for ever, and everything after it older.
  if (column.type.kind === "double") {
    for (let row = 0; row < column.length; row++) if (!Number.isFinite(values[row])) missing.add(row);
  }
  return missing;
}

function extentOf(values: ArrayLike<Ordinal>, missing: ReadonlySet<number>): Extent | undefined {
  let first = 0;
  while (missing.has(first)) first++;
  let min = values[first];
  let max = min;
  if (first >= values.length || min === undefined || max === undefined) return undefined;
  for (let row = first + 1; row < values.length; row++) {
    const value = values[row] as Ordinal;
    if (missing.size > 0 && missing.has(row)) continue;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return { min, max };
}
