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

const behind = new WeakMap<Buffer, unknown>();

/**
 * Makes what a struct points to live as long as the struct, for the collector sees no pointers. To mention a variable
 * once more (`void memory`) is not enough: bundlers drop that, and V8 forgets a variable after its last use.
 */
export function keepBehind(struct: Buffer, memory: unknown): Buffer {
  behind.set(struct, memory);
  return struct;
}

let memcpy: ((to: Buffer, from: bigint, length: number) => unknown) | undefined;

/** A copy of `length` bytes at an address. A view of koffi's takes twenty times as long as the call (measured). */
export function copyBytes(address: bigint, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  copyInto(bytes, address);
  return bytes;
}

/** Fills `bytes` with what stands at an address. */
export function copyInto(bytes: Buffer, address: bigint): void {
  // Not before there is something to copy: koffi takes its settings before its first library.
  memcpy ??= koffi.load(null).func("void *memcpy(void *, void *, size_t)");
  if (bytes.length > 0) memcpy(bytes, address, bytes.length);
}

let strlen: ((text: bigint) => number | bigint) | undefined;

/** A copy of the bytes of a text that ends with NUL, without it. */
export function bytesOfText(address: bigint): Buffer {
  strlen ??= koffi.load(null).func("size_t strlen(void *)");
  return copyBytes(address, Number(strlen(address)));
}

/** A text that ends with NUL; undefined for a null pointer. */
export function textAt(address: bigint): string | undefined {
  return address === 0n ? undefined : koffi.decode.string(address);
}

/** Structs are small and many: cut from blocks they cost a tenth of an ArrayBuffer each (measured). */
const BLOCK_BYTES = 8192;
let block = new ArrayBuffer(BLOCK_BYTES);
let used = 0;

/** Zeroed bytes that a library may keep a pointer to while they are referenced here, aligned for every struct. */
export function fixedBytes(length: number): Buffer {
  // Not from Buffer's pool, which is aligned to nothing and not zeroed.
  if (length > BLOCK_BYTES / 8) return Buffer.from(new ArrayBuffer(length));
  if (used + length > BLOCK_BYTES) {
    block = new ArrayBuffer(BLOCK_BYTES);
    used = 0;
  }
  const bytes = Buffer.from(block, used, length);
  used = (used + length + 7) & ~7;
  return bytes;
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

/**
 * Pointers one after another, NULL where there is nothing. The table keeps what they point to, and has an address, if
 * nobody's, also without any.
 */
export function pointerTable(targets: readonly (Buffer | undefined)[]): Buffer {
  const table = fixedBytes(Math.max(1, targets.length) * 8);
  for (const [index, target] of targets.entries()) table.writeBigUInt64LE(target ? addressOf(target) : 0n, index * 8);
  return keepBehind(table, targets);
}

/** A text in a struct: up to its NUL. */
export function textIn(bytes: Buffer, start: number, length: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString("utf8", start, end < 0 || end > start + length ? start + length : end);
}
