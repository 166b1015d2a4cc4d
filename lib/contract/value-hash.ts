/**
 * The hash of one value: 64 bits, the same in `rust/checksum`; `test/vectors/checksums.json` holds both
 * to it, and docs/decisions/checksums.md says why it is this one. It tells accidents, not forgeries.
 *
 * A word is a value of fixed width as 64 bits. A seed for each kind of value keeps the text `1` apart from the number.
 * JavaScript has no 64-bit numbers that are quick, so that a word is two of 32 bits.
 */

import { parseDecimal } from "./decimal.ts";
import { fastDecimal } from "./fast-decimal.ts";
import { dayOf, microsOf, timeOf } from "./iso-counts.ts";
import type { DataType } from "./types.ts";

/** The hash of the value that was hashed last. */
export let hashHigh = 0;
export let hashLow = 0;

/** Hashes a cell, as rows show it; false for one that is not as a codec or a check makes them. */
export type ValueHasher = (cell: unknown) => boolean;

/** A function for the cells of a type, or undefined for lists and objects, which are not hashed. */
export function compileValueHasher(type: DataType): ValueHasher | undefined {
  switch (type.kind) {
    case "string":
      return textHasher(seedOf(1));
    case "integer":
      return integerHasher(seedOf(2));
    case "double":
      return doubleHasher(seedOf(3));
    case "decimal":
      return decimalHasher(seedOf(4), type.precision, type.scale);
    case "boolean":
      return booleanHasher(seedOf(5));
    case "date":
      return countHasher(seedOf(6), dayOf);
    case "time":
      return countHasher(seedOf(7), timeOf);
    case "timestamp":
      return countHasher(seedOf(type.zoned ? 9 : 8), microsOf);
    case "binary":
      return binaryHasher(seedOf(10));
    default:
      return undefined;
  }
}

interface Seed {
  readonly high: number;
  readonly low: number;
}

const TWO_32 = 2 ** 32;
const SPREAD: Seed = { high: 0x9e3779b9, low: 0x7f4a7c15 };
const SPREAD_SECOND: Seed = { high: 0xc2b2ae3d, low: 0x27d4eb4f };
const SECOND: Seed = { high: 0x165667b1, low: 0x9e3779f9 };
const MIX_1: Seed = { high: 0xff51afd7, low: 0xed558ccd };
const MIX_2: Seed = { high: 0xc4ceb9fe, low: 0x1a85ec53 };
const NAN_HIGH = 0x7ff80000;

/** Holds a text while it is hashed; longer ones are rare. */
const scratch = new Uint8Array(1024);

function seedOf(kind: number): Seed {
  mix(0, kind);
  return { high: hashHigh, low: hashLow };
}

function textHasher(seed: Seed): ValueHasher {
  return (cell) => {
    if (typeof cell !== "string") return false;
    hashText(seed, cell);
    return true;
  };
}

function binaryHasher(seed: Seed): ValueHasher {
  return (cell) => {
    if (!(cell instanceof Uint8Array)) return false;
    hashBytes(seed, cell);
    return true;
  };
}

function integerHasher(seed: Seed): ValueHasher {
  return (cell) => {
    if (typeof cell === "bigint") hashBig(seed, cell);
    else if (Number.isSafeInteger(cell)) hashCount(seed, cell as number);
    else return false;
    return true;
  };
}

function doubleHasher(seed: Seed): ValueHasher {
  const view = new DataView(new ArrayBuffer(8));
  return (cell) => {
    if (typeof cell !== "number") return false;
    // NaN has many spellings in bits, and is one value.
    if (Number.isNaN(cell)) {
      hashWord(seed, NAN_HIGH, 0);
      return true;
    }
    view.setFloat64(0, cell);
    hashWord(seed, view.getInt32(0), view.getInt32(4));
    return true;
  };
}

function decimalHasher(seed: Seed, precision: number, scale: number): ValueHasher {
  return (cell) => {
    if (typeof cell !== "string") return false;
    const unscaled = fastDecimal(cell, precision, scale) ?? parseDecimal(cell, precision, scale);
    if (typeof unscaled !== "bigint") return false;
    // The high word is hashed with the hash of the low one.
    hashBig(seed, unscaled);
    const rest = BigInt.asIntN(64, unscaled >> 64n);
    hashBig({ high: hashHigh, low: hashLow }, rest);
    return true;
  };
}

function booleanHasher(seed: Seed): ValueHasher {
  return (cell) => {
    if (typeof cell !== "boolean") return false;
    hashWord(seed, 0, cell ? 1 : 0);
    return true;
  };
}

function countHasher(seed: Seed, count: (text: string) => number | bigint | undefined): ValueHasher {
  return (cell) => {
    const counted = typeof cell === "string" ? count(cell) : undefined;
    if (counted === undefined) return false;
    const value = Number(counted);
    if (Number.isSafeInteger(value)) hashCount(seed, value);
    else hashBig(seed, BigInt(counted));
    return true;
  };
}

/** Of a whole number that a double holds. */
function hashCount(seed: Seed, value: number): void {
  hashWord(seed, Math.floor(value / TWO_32) | 0, value | 0);
}

function hashBig(seed: Seed, value: bigint): void {
  hashWord(seed, Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
}

function hashWord(seed: Seed, high: number, low: number): void {
  mix(seed.high ^ high, seed.low ^ low);
}

/** The usual text, of characters that are a byte each, needs no memory of its own. */
function hashText(seed: Seed, text: string): void {
  if (fillScratch(text)) hashBytes(seed, scratch, text.length);
  else hashBytes(seed, Buffer.from(text));
}

function fillScratch(text: string): boolean {
  if (text.length > scratch.length) return false;
  let seen = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    seen |= code;
    scratch[i] = code;
  }
  return seen <= 0x7f;
}

/** Two words of eight bytes at a time. The last two may overlap those before them; the length tells what overlaps. */
function hashBytes(seed: Seed, bytes: Uint8Array, length: number = bytes.length): void {
  multiply(0, length, SPREAD);
  hashHigh ^= seed.high;
  hashLow ^= seed.low;
  if (length > 8) {
    let at = 0;
    for (; length - at > 16; at += 16) absorb(bytes, at, at + 8);
    absorb(bytes, Math.max(0, length - 16), length - 8);
    mix(hashHigh, hashLow);
  } else {
    mix(hashHigh ^ shortWord(bytes, 4, length), hashLow ^ shortWord(bytes, 0, length));
  }
}

/** Takes the words at two places. */
function absorb(bytes: Uint8Array, first: number, second: number): void {
  const high = hashHigh ^ littleEndian(bytes, first + 4);
  const low = hashLow ^ littleEndian(bytes, first);
  multiply(littleEndian(bytes, second + 4) ^ SECOND.high, littleEndian(bytes, second) ^ SECOND.low, SPREAD_SECOND);
  const otherHigh = hashHigh;
  const otherLow = hashLow ^ hashHigh;
  multiply(high, low, SPREAD);
  const sum = ((hashLow ^ hashHigh) >>> 0) + (otherLow >>> 0);
  hashHigh = (hashHigh + otherHigh + (sum >= TWO_32 ? 1 : 0)) | 0;
  hashLow = sum | 0;
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** Up to four bytes, filled up with zeros. */
function shortWord(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let i = Math.min(end, at + 4) - 1; i >= at; i--) word = (word << 8) | (bytes[i] as number);
  return word;
}

/** Spreads every bit over all of them, and keeps different words different (the end of MurmurHash3). */
function mix(high: number, low: number): void {
  multiply(high, low ^ (high >>> 1), MIX_1);
  multiply(hashHigh, hashLow ^ (hashHigh >>> 1), MIX_2);
  hashLow ^= hashHigh >>> 1;
}

/** The low 64 bits of a product. */
function multiply(high: number, low: number, by: Seed): void {
  const low0 = low & 0xffff;
  const low1 = low >>> 16;
  const by0 = by.low & 0xffff;
  const by1 = by.low >>> 16;
  const middle = low1 * by0 + (Math.imul(low0, by0) >>> 16);
  const other = low0 * by1 + (middle & 0xffff);
  const carried = low1 * by1 + (middle >>> 16) + (other >>> 16);
  hashHigh = (carried + Math.imul(high, by.low) + Math.imul(low, by.high)) | 0;
  hashLow = Math.imul(low, by.low);
}
