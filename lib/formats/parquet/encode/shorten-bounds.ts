import type { RowGroup, SchemaElement } from "hyparquet";
import type { WriterLibrary } from "./writer-library.ts";

/**
 * Brings the least and greatest values of a row group's columns to what the footer will hold of them, the first 16
 * bytes, now rather than at the end of the file: until then each would keep the whole text alive that it is cut
 * from. JSON keeps no bounds: whole documents would swell the footer, and their order means nothing.
 */
export function shortenBounds(
  group: RowGroup | undefined,
  elements: readonly SchemaElement[],
  library: WriterLibrary,
): void {
  const leaves = elements.filter(({ type }) => type !== undefined);
  for (const [index, chunk] of (group?.columns ?? []).entries()) {
    const statistics = chunk.meta_data?.statistics;
    const element = leaves[index];
    if (!statistics || element?.type !== "BYTE_ARRAY") continue;
    const { min_value: least, max_value: greatest } = statistics;
    delete statistics.min_value;
    delete statistics.max_value;
    if (element.logical_type?.type === "JSON" || least === undefined || greatest === undefined) continue;
    const min = library.unconvertMinMax(least, element, false);
    const max = library.unconvertMinMax(greatest, element, true);
    if (!min || !max) continue;
    statistics.min_value = min;
    statistics.max_value = max;
    if (!isWhole(least, min)) statistics.is_min_value_exact = false;
    if (!isWhole(greatest, max)) statistics.is_max_value_exact = false;
  }
}

function isWhole(value: unknown, bytes: Uint8Array): boolean {
  return Buffer.from(value as string | Uint8Array).equals(bytes);
}
