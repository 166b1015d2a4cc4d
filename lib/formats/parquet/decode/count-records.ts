import type { RandomAccess } from "../../../contract/format.ts";
import { damaged } from "../fault.ts";
import { FileBytes } from "./file-bytes.ts";
import { readFooter } from "./read-footer.ts";
import { countRows } from "./row-groups.ts";

/** The number that the footer has; no page is read. @throws DativoError DTV_PARQUET_INVALID */
export async function countParquet(bytes: RandomAccess, source: string): Promise<number> {
  try {
    return countRows(await readFooter(new FileBytes(bytes, source)));
  } catch (error) {
    throw damaged(source, error);
  }
}
