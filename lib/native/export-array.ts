import koffi from "koffi";
import type { ArrowColumn } from "../formats/arrow/arrow-column.ts";
import { ARROW_ARRAY } from "./layout.ts";
import { addressOf, copyBytes, fixedBytes } from "./memory.ts";

/** A struct that a library may hold, with the memory behind it. */
interface Exported {
  readonly struct: Buffer;
  readonly memory: readonly (Buffer | undefined)[];
  readonly children: readonly Exported[];
}

/** Structs that libraries have not given back, by the number in their `private_data`. */
const held = new Map<bigint, Exported>();
let lastId = 0n;

/** Structs of ours that libraries hold. */
export function liveExports(): number {
  return held.size;
}

/**
 * An ArrowArray over JavaScript's memory, to be moved to a library, which gives it back through `release`. Children may
 * be moved out on their own; each struct is therefore known by itself.
 */
export function exportArray(column: ArrowColumn): Buffer {
  return exportColumn(column).struct;
}

function exportColumn(column: ArrowColumn): Exported {
  const children = column.children.map(exportColumn);
  const buffers = pointers(column.buffers.map((buffer) => (buffer === undefined ? 0n : addressOf(buffer))));
  const childTable = pointers(children.map((child) => addressOf(child.struct)));
  const struct = fixedBytes(ARROW_ARRAY.size);
  struct.writeBigInt64LE(BigInt(column.length), ARROW_ARRAY.length);
  struct.writeBigInt64LE(BigInt(column.nullCount), ARROW_ARRAY.nullCount);
  struct.writeBigInt64LE(BigInt(column.buffers.length), ARROW_ARRAY.buffers);
  struct.writeBigInt64LE(BigInt(children.length), ARROW_ARRAY.children);
  struct.writeBigUInt64LE(addressOf(buffers), ARROW_ARRAY.bufferPointers);
  struct.writeBigUInt64LE(children.length === 0 ? 0n : addressOf(childTable), ARROW_ARRAY.childPointers);
  struct.writeBigUInt64LE(releaseCallback(), ARROW_ARRAY.release);
  struct.writeBigUInt64LE(++lastId, ARROW_ARRAY.privateData);
  const exported = { struct, memory: [...column.buffers, buffers, childTable], children };
  held.set(lastId, exported);
  return exported;
}

function pointers(addresses: readonly bigint[]): Buffer {
  const table = fixedBytes(Math.max(1, addresses.length) * 8);
  for (const [index, address] of addresses.entries()) table.writeBigUInt64LE(address, index * 8);
  return table;
}

let callback: bigint | undefined;

/** One for all structs: koffi has room for 8,192 of them, and each costs a stub in memory. */
function releaseCallback(): bigint {
  callback ??= koffi.register(release, koffi.pointer(koffi.proto("void dativo_release_export(void *)")));
  return callback;
}

function release(address: bigint): void {
  const id = copyBytes(address + BigInt(ARROW_ARRAY.privateData), 8).readBigUInt64LE();
  const exported = held.get(id);
  held.delete(id);
  koffi.encode(address, ARROW_ARRAY.release, "uint64_t", 0n);
  // A child that was moved out has no callback left in our memory; its new owner releases it.
  for (const child of exported?.children ?? []) {
    if (child.struct.readBigUInt64LE(ARROW_ARRAY.release) !== 0n) release(addressOf(child.struct));
  }
}
