import { ARROW_ARRAY } from "./layout.ts";
import { addressOf, fixedBytes, keepBehind, pointerTable } from "./memory.ts";

interface Parts {
  readonly length: number;
  readonly nullCount?: number;
  readonly buffers: readonly (Buffer | undefined)[];
  /** Structs of the arrays inside. */
  readonly children?: readonly Buffer[];
  /** Address of the function that gives it back. */
  readonly release: bigint;
  readonly privateData?: bigint;
}

/** An ArrowArray. */
export function makeArrayStruct({ length, nullCount = 0, buffers, children = [], ...rest }: Parts): Buffer {
  const bufferTable = pointerTable(buffers);
  const childTable = pointerTable(children);
  const struct = fixedBytes(ARROW_ARRAY.size);
  struct.writeBigInt64LE(BigInt(length), ARROW_ARRAY.length);
  struct.writeBigInt64LE(BigInt(nullCount), ARROW_ARRAY.nullCount);
  struct.writeBigInt64LE(BigInt(buffers.length), ARROW_ARRAY.buffers);
  struct.writeBigInt64LE(BigInt(children.length), ARROW_ARRAY.children);
  struct.writeBigUInt64LE(addressOf(bufferTable), ARROW_ARRAY.bufferPointers);
  struct.writeBigUInt64LE(children.length === 0 ? 0n : addressOf(childTable), ARROW_ARRAY.childPointers);
  struct.writeBigUInt64LE(rest.release, ARROW_ARRAY.release);
  struct.writeBigUInt64LE(rest.privateData ?? 0n, ARROW_ARRAY.privateData);
  return keepBehind(struct, [bufferTable, childTable]);
}
