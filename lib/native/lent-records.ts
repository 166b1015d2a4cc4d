import type { Batch } from "../contract/batch.ts";
import { ArrowBatch } from "../formats/arrow/arrow-batch.ts";
import { isPlainField } from "../formats/arrow/arrow-field.ts";
import { recordsOf } from "../formats/arrow/encode-cells.ts";
import { newBatch } from "./abi2.ts";
import { ColumnBatch } from "./column-batch.ts";
import { exportArray } from "./export-array.ts";
import { ARROW_ARRAY, BATCH } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";

/** Records that a library may look at while a call runs. */
export interface LentRecords {
  readonly struct: Buffer;
  /** Ends the loan. */
  release(): void;
}

/** A dtv_batch of records that lie in columns as we store them, which are not copied; undefined for others. */
export function lendRecords(library: NativeLibrary, batch: Batch): LentRecords | undefined {
  const struct = newBatch();
  const plain = batch instanceof ArrowBatch ? batch.plainColumns() : undefined;
  if (plain) {
    exportArray(recordsOf(plain, batch.length)).copy(struct, BATCH.rows);
    return { struct, release: () => {} };
  }
  if (!(batch instanceof ColumnBatch) || !batch.arrow.fields.every(isPlainField)) return undefined;
  const release = library.addressOf("dativo_release_lent");
  if (release === undefined) return undefined;
  const { native } = batch;
  native.retain();
  native.struct.copy(struct, BATCH.rows);
  // What is inside is given back with the batch, and not by who looks at it.
  struct.writeBigUInt64LE(release, BATCH.rows + ARROW_ARRAY.release);
  return { struct, release: () => native.release() };
}
