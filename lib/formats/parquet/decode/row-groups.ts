import type { FileMetaData, RowGroup } from "hyparquet";
import { countOf, ParquetFault } from "../fault.ts";

/** Records of the file. @throws ParquetFault when the row groups do not add up to them */
export function countRows({ row_groups: groups, num_rows }: FileMetaData): number {
  const rows = groups.reduce((sum, group) => sum + countGroup(group), 0);
  if (rows === countOf(num_rows, "number of records")) return rows;
  throw new ParquetFault(`its row groups have ${rows} records, where the file has ${num_rows}`);
}

export function countGroup({ num_rows }: RowGroup): number {
  return countOf(num_rows, "number of records in a row group");
}
