import { newBatch } from "./abi2.ts";
import { exportArray } from "./export-array.ts";
import { ARROW_ARRAY, BATCH } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { addressOf, fixedBytes } from "./memory.ts";

/**
 * A dtv_batch of one record with one column, the bytes, which are not copied: the library may look at them while the
 * call runs. Where the library has a `release` for such arrays, giving them back does not wait for this thread.
 */
export function lendBytes(library: NativeLibrary, bytes: Uint8Array): { batch: Buffer; memory: readonly Buffer[] } {
  const batch = newBatch();
  const values = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = fixedBytes(8);
  offsets.writeInt32LE(bytes.length, 4);
  const release = library.addressOf("dativo_release_lent");
  if (release === undefined) {
    const column = { length: 1, nullCount: 0, buffers: [undefined, offsets, values], children: [] };
    exportArray({ length: 1, nullCount: 0, buffers: [undefined], children: [column] }).copy(batch, BATCH.rows);
    return { batch, memory: [values] };
  }
  const buffers = pointers([0n, addressOf(offsets), addressOf(values)]);
  const column = arrayOf(1, buffers, undefined, release);
  const children = pointers([addressOf(column)]);
  const nothing = pointers([0n]);
  arrayOf(1, nothing, children, release).copy(batch, BATCH.rows);
  return { batch, memory: [values, offsets, buffers, column, children, nothing] };
}

function arrayOf(length: number, buffers: Buffer, children: Buffer | undefined, release: bigint): Buffer {
  const struct = fixedBytes(ARROW_ARRAY.size);
  struct.writeBigInt64LE(BigInt(length), ARROW_ARRAY.length);
  struct.writeBigInt64LE(BigInt(buffers.length / 8), ARROW_ARRAY.buffers);
  struct.writeBigUInt64LE(addressOf(buffers), ARROW_ARRAY.bufferPointers);
  if (children) {
    struct.writeBigInt64LE(BigInt(children.length / 8), ARROW_ARRAY.children);
    struct.writeBigUInt64LE(addressOf(children), ARROW_ARRAY.childPointers);
  }
  struct.writeBigUInt64LE(release, ARROW_ARRAY.release);
  return struct;
}

function pointers(addresses: readonly bigint[]): Buffer {
  const table = fixedBytes(addresses.length * 8);
  for (const [index, address] of addresses.entries()) table.writeBigUInt64LE(address, index * 8);
  return table;
}
