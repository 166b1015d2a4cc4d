import type { ColumnMetaData, RowGroup, SchemaElement } from "hyparquet";
import type { Bounds } from "./wide-decimal.ts";
import type { WriterLibrary } from "./writer-library.ts";

type Statistics = NonNullable<ColumnMetaData["statistics"]>;

/**
 * Puts the statistics of a row group right, once its columns are written.
 *
 * Columns of wide decimals get the `bounds` of their values: the library compared bytes, for which -1 is the greatest of all.
 * Text is cut to the 16 bytes that the footer will hold of it, now rather than at the end of the file: until then
 * each bound would keep the whole text alive that it is cut from. JSON keeps no bounds: whole documents would swell
 * the footer, and their order means nothing.
 */
export function mendStatistics(
  group: RowGroup | undefined,
  elements: readonly SchemaElement[],
  bounds: ReadonlyMap<string, Bounds>,
  library: WriterLibrary,
): void {
  const leaves = elements.filter(({ type }) => type !== undefined);
  for (const [index, { meta_data: meta }] of (group?.columns ?? []).entries()) {
    const element = leaves[index];
    if (!meta?.statistics || !element) continue;
    const own = bounds.get(meta.path_in_schema[0] ?? "");
    if (own) setBounds(meta.statistics, own.least, own.greatest);
    else if (element.logical_type?.type === "JSON") setBounds(meta.statistics, undefined, undefined);
    else if (element.type === "BYTE_ARRAY") shortenBounds(meta.statistics, element, library);
  }
}

function shortenBounds(statistics: Statistics, element: SchemaElement, library: WriterLibrary): void {
  const { min_value: least, max_value: greatest } = statistics;
  const min = library.unconvertMinMax(least, element, false);
  const max = library.unconvertMinMax(greatest, element, true);
  setBounds(statistics, min, max);
  if (min && !isWhole(least, min)) statistics.is_min_value_exact = false;
  if (max && !isWhole(greatest, max)) statistics.is_max_value_exact = false;
}

/** Nothing is set where there is no value: the types of the library tell a missing property from an undefined one. */
function setBounds(statistics: Statistics, least: Statistics["min_value"], greatest: Statistics["max_value"]): void {
  delete statistics.min_value;
  delete statistics.max_value;
  if (least !== undefined) statistics.min_value = least;
  if (greatest !== undefined) statistics.max_value = greatest;
}

function isWhole(bound: unknown, bytes: Uint8Array): boolean {
  return Buffer.from(bound as string | Uint8Array).equals(bytes);
}
