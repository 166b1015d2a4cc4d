/**
 * A column that came from elsewhere is held to its type before anybody reads it: libraries that take its memory as it is
 * trust every offset and every byte of text.
 */
import { isUtf8 } from "node:buffer";
import type { ArrowColumn } from "../arrow-column.ts";
import type { ArrowField } from "../arrow-field.ts";
import { must } from "../fault.ts";

/** The column, with its nulls counted. @throws ArrowFault */
export function checkColumn(column: ArrowColumn, field: ArrowField): ArrowColumn {
  const { name, storage } = field;
  const counted = storage.kind === "null" ? column : countNulls(column, name);
  const { length, buffers, children } = column;
  const has = (index: number, bytes: number): boolean => (buffers[index]?.length ?? 0) >= bytes;
  switch (storage.kind) {
    case "bits":
      must(has(1, (length + 7) >> 3), `column '${name}' has less memory than its length needs`);
      break;
    case "bytes":
    case "json":
      checkText(column, field);
      break;
    case "views":
      must(has(1, length * 16), `column '${name}' has less memory than its length needs`);
      break;
    case "list": {
      const { last } = checkOffsets(column, field, storage.offsets);
      must((children[0]?.length ?? 0) >= last, `column '${name}' has fewer items than it says`);
      break;
    }
    case "fixed_list":
      must((children[0]?.length ?? 0) >= length * storage.items, `column '${name}' has fewer items than it says`);
      break;
    case "struct":
      must(
        children.every((child) => child.length >= length),
        `column '${name}' has less inside than it says`,
      );
      break;
    case "null":
      break;
    default:
      must(has(1, length * storage.bytes), `column '${name}' has less memory than its length needs`);
  }
  return counted;
}

/** A bitmap is believed, and not the count beside it. */
function countNulls(column: ArrowColumn, name: string): ArrowColumn {
  const { length, nullCount, buffers } = column;
  const bits = buffers[0];
  if (!bits) {
    must(nullCount === 0, `column '${name}' has nulls and no bitmap that tells them`);
    return column;
  }
  const bytes = (length + 7) >> 3;
  must(bits.length >= bytes, `column '${name}' has a bitmap of fewer bits than values`);
  let set = 0;
  for (let i = 0; i < bytes; i++) {
    const isLast = i === bytes - 1 && (length & 7) !== 0;
    for (let byte = (bits[i] as number) & (isLast ? (1 << (length & 7)) - 1 : 255); byte > 0; byte &= byte - 1) set++;
  }
  return set === length
    ? { ...column, nullCount: 0, buffers: [undefined, ...buffers.slice(1)] }
    : { ...column, nullCount: length - set };
}

function checkText(column: ArrowColumn, field: ArrowField): void {
  const { name, storage } = field;
  const width = storage.kind === "bytes" ? storage.offsets : 4;
  const { first, last, offsets } = checkOffsets(column, field, width);
  const bytes = column.buffers[2] ?? NONE;
  must(bytes.length >= last, `column '${name}' has less memory than its offsets need`);
  if (storage.kind === "bytes" && !storage.text) return;
  // Whole text is looked at in one go; a value must then not begin inside of a character.
  const isText = isUtf8(bytes.subarray(first, last)) && beginsCharacters(bytes, offsets, last);
  must(isText, `column '${name}' holds text that is not UTF-8`);
}

const NONE = Buffer.alloc(0);

function beginsCharacters(bytes: Buffer, offsets: Offsets["offsets"], last: number): boolean {
  for (let i = 0; i < offsets.length; i++) {
    const at = offsets[i] as number;
    if (at !== last && ((bytes[at] as number) & 0xc0) === 0x80) return false;
  }
  return true;
}

interface Offsets {
  readonly first: number;
  readonly last: number;
  readonly offsets: Int32Array | number[];
}

function checkOffsets({ length, buffers }: ArrowColumn, { name }: ArrowField, width: 4 | 8): Offsets {
  const bytes = buffers[1] ?? NONE;
  // No values have no offsets, or one that says so.
  if (length === 0) return { first: 0, last: 0, offsets: [] };
  must(bytes.length >= (length + 1) * width, `column '${name}' has fewer offsets than values`);
  const offsets =
    width === 4
      ? new Int32Array(bytes.buffer, bytes.byteOffset, length + 1)
      : Array.from(new BigInt64Array(bytes.buffer, bytes.byteOffset, length + 1), Number);
  // This and the next loop see every value of a text column: plain ones are several times faster.
  let before = 0;
  for (let i = 0; i <= length; i++) {
    const offset = offsets[i] as number;
    if (offset < before) must(false, `column '${name}' has offsets that go backwards`);
    before = offset;
  }
  return { first: offsets[0] as number, last: before, offsets };
}
