/**
 * Memory of libraries. A view of it stays readable after it was freed and then shows anything, so nothing outside
 * this room ever gets one: what JavaScript wants is copied out.
 */
import koffi from "koffi";
import { DativoError } from "../contract/errors.ts";

/** Structs are laid out for 64-bit little-endian machines, which is all that koffi's builds and ours have in common. */
export function requireSupportedMachine(): void {
  if (["x64", "arm64"].includes(process.arch)) return;
  throw new DativoError("DTV_NOT_BUILT", `Native plugins do not run on ${process.arch}`);
}

const held = new Set<object>();

/**
 * Keeps an object, and what it refers to, from being collected until the function that it returns is called. To mention
 * a variable once more (`void memory`) is not enough: bundlers drop that, and V8 forgets a variable after its last use.
 */
export function hold(memory: object): () => void {
  held.add(memory);
  return () => {
    held.delete(memory);
  };
}

/** A copy of `length` bytes at an address. */
export function copyBytes(address: bigint, length: number): Buffer {
  if (length === 0) return Buffer.alloc(0);
  return Buffer.copyBytesFrom(new Uint8Array(koffi.view(address, length)));
}

/** A text that ends with NUL; undefined for a null pointer. */
export function textAt(address: bigint): string | undefined {
  return address === 0n ? undefined : koffi.decode.string(address);
}

/** Bytes that a library may keep a pointer to while they are referenced here. */
export function fixedBytes(length: number): Buffer {
  // Not from Buffer's pool: what is in the pool is not ours alone.
  return Buffer.from(new ArrayBuffer(length));
}

/** UTF-8 that ends with NUL. */
export function fixedText(text: string): Buffer {
  const bytes = fixedBytes(Buffer.byteLength(text) + 1);
  bytes.write(text, "utf8");
  return bytes;
}

export function addressOf(bytes: Buffer): bigint {
  return koffi.address(bytes);
}

/** Pointers one after another, NULL where there is nothing. It has an address, if nobody's, also without any. */
export function pointerTable(targets: readonly (Buffer | undefined)[]): Buffer {
  const table = fixedBytes(Math.max(1, targets.length) * 8);
  for (const [index, target] of targets.entries()) table.writeBigUInt64LE(target ? addressOf(target) : 0n, index * 8);
  return table;
}

/** A text in a struct: up to its NUL. */
export function textIn(bytes: Buffer, start: number, length: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString("utf8", start, end < 0 || end > start + length ? start + length : end);
}
