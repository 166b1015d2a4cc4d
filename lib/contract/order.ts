/** The order of cells, which the bounds of a contract are about. */
import { parseDecimal } from "./decimal.ts";
import type { DataType } from "./types.ts";

/** Types whose cells have an order. */
export const ORDERED_KINDS: readonly DataType["kind"][] = ["integer", "double", "decimal", "date", "time", "timestamp"];

/** What `<` orders as the cells are ordered. */
export type Rank = number | bigint | string;

/** Cells as values that `<` orders: decimals by their unscaled value, times by their ISO text. */
export function ranker(type: DataType): (cell: unknown) => Rank {
  if (type.kind !== "decimal") return (cell) => cell as Rank;
  return (cell) => parseDecimal(cell as string, type.precision, type.scale) as bigint;
}
