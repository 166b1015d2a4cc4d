import koffi from "koffi";
import type { ArrowColumn } from "../formats/arrow/arrow-column.ts";
import { makeArrayStruct } from "./array-struct.ts";
import { ARROW_ARRAY } from "./layout.ts";
import { addressOf, copyBytes } from "./memory.ts";

/** A struct that a library may hold. */
interface Exported {
  readonly struct: Buffer;
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
  const structs = children.map(({ struct }) => struct);
  const id = ++lastId;
  const struct = makeArrayStruct({ ...column, children: structs, release: releaseCallback(), privateData: id });
  const exported = { struct, children };
  held.set(id, exported);
  return exported;
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
