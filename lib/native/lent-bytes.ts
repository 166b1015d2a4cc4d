import { newBatch } from "./abi2.ts";
import { makeArrayStruct } from "./array-struct.ts";
import { exportArray } from "./export-array.ts";
import { BATCH } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { fixedBytes, keepBehind } from "./memory.ts";

/**
 * A dtv_batch of one record with one column, the bytes, which are not copied: the library may look at them while the
 * call runs. Where the library has a `release` for such arrays, giving them back does not wait for this thread.
 */
export function lendBytes(library: NativeLibrary, bytes: Uint8Array): Buffer {
  const batch = newBatch();
  const values = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = fixedBytes(8);
  offsets.writeInt32LE(bytes.length, 4);
  const release = library.addressOf("dativo_release_lent");
  if (release === undefined) {
    const column = { length: 1, nullCount: 0, buffers: [undefined, offsets, values], children: [] };
    exportArray({ length: 1, nullCount: 0, buffers: [undefined], children: [column] }).copy(batch, BATCH.rows);
    return batch;
  }
  const column = makeArrayStruct({ length: 1, buffers: [undefined, offsets, values], release });
  const rows = makeArrayStruct({ length: 1, buffers: [undefined], children: [column], release });
  rows.copy(batch, BATCH.rows);
  return keepBehind(batch, rows);
}
