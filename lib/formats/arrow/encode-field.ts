import { DativoError } from "../../contract/errors.ts";
import { Unwritable } from "../../contract/json.ts";
import type { DataType } from "../../contract/types.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { encodeColumn } from "./encode-cells.ts";

/** The cells of a field as a column. @throws DativoError DTV_VALUE_UNFIT naming the field */
export function encodeField(
  { name, type }: { readonly name: string; readonly type: DataType },
  cells: readonly unknown[],
): ArrowColumn {
  try {
    return encodeColumn(type, cells);
  } catch (cause) {
    if (!(cause instanceof Unwritable || cause instanceof DativoError)) throw cause;
    const what = cause instanceof Unwritable ? "a value " : "";
    throw new DativoError("DTV_VALUE_UNFIT", `Field '${name}': ${what}${cause.message}`, { culprit: name, cause });
  }
}
