import { DativoError } from "../contract/errors.ts";
import type { ArrowColumn } from "../formats/arrow/arrow-column.ts";
import type { ArrowField } from "../formats/arrow/arrow-field.ts";
import type { ColumnBatch } from "./column-batch.ts";
import { NativeArray } from "./import-column.ts";

/** The columns of a plain batch as copies in JavaScript's memory, each beginning at its first value. */
export function copyColumns({ native, arrow }: ColumnBatch): ArrowColumn[] {
  const rows = new NativeArray(native.struct);
  return arrow.fields.map((field, index) => copyColumn(rows.child(index), field, rows.offset, rows.length));
}

function copyColumn(array: NativeArray, field: ArrowField, start: number, count: number): ArrowColumn {
  const first = array.offset + start;
  const bits = array.mayHaveNulls ? copyBits(array, 0, first, count) : undefined;
  const { buffers, children = [] } = copyValues(array, field, first, count);
  return { length: count, nullCount: bits ? count - countBits(bits) : 0, buffers: [bits, ...buffers], children };
}

interface Values {
  readonly buffers: readonly Buffer[];
  readonly children?: readonly ArrowColumn[];
}

function copyValues(array: NativeArray, field: ArrowField, first: number, count: number): Values {
  const { storage } = field;
  switch (storage.kind) {
    case "bits":
      return { buffers: [copyBits(array, 1, first, count) ?? Buffer.alloc(0)] };
    case "bytes":
    case "json": {
      const { offsets, from, to } = copyOffsets(array, first, count);
      return { buffers: [offsets, copyPart(array, 2, from, to)] };
    }
    case "list": {
      const { offsets, from, to } = copyOffsets(array, first, count);
      return {
        buffers: [offsets],
        children: [copyColumn(array.child(0), field.children[0] as ArrowField, from, to - from)],
      };
    }
    case "struct":
      return {
        buffers: [],
        children: field.children.map((child, i) => copyColumn(array.child(i), child, first, count)),
      };
    case "views":
    case "fixed_list":
    case "null":
      throw new DativoError("DTV_INTERNAL", `A column of ${storage.kind} is not imported`);
    default: {
      const width = storage.bytes;
      return { buffers: [copyPart(array, 1, first * width, (first + count) * width)] };
    }
  }
}

function copyPart(array: NativeArray, buffer: number, start: number, end: number): Buffer {
  return start === end ? Buffer.alloc(0) : (array.bytes(buffer, start, end) ?? Buffer.alloc(0));
}

/** Bits from a place that need not be the beginning of a byte. */
function copyBits(array: NativeArray, buffer: number, first: number, count: number): Buffer | undefined {
  if (count === 0) return undefined;
  const bits = array.bytes(buffer, first >> 3, (first + count + 7) >> 3);
  if (!bits) return undefined;
  const shift = first & 7;
  const size = (count + 7) >> 3;
  if (shift > 0)
    for (let i = 0; i < size; i++) bits[i] = ((bits[i] as number) >> shift) | ((bits[i + 1] ?? 0) << (8 - shift));
  const last = size - 1;
  // What stands after the last value is nobody's.
  if (count & 7) bits[last] = (bits[last] as number) & ((1 << (count & 7)) - 1);
  return bits.subarray(0, size);
}

/** Offsets of 32 bits, moved so that the first is zero, and where the values stand that they count. */
function copyOffsets(array: NativeArray, first: number, count: number): { offsets: Buffer; from: number; to: number } {
  if (count === 0) return { offsets: Buffer.alloc(4), from: 0, to: 0 };
  const offsets = copyPart(array, 1, first * 4, (first + count + 1) * 4);
  const [from, to] = [offsets.readInt32LE(), offsets.readInt32LE(count * 4)];
  if (from > 0) for (let i = 0; i <= count; i++) offsets.writeInt32LE(offsets.readInt32LE(i * 4) - from, i * 4);
  return { offsets, from, to };
}

function countBits(bits: Buffer): number {
  let count = 0;
  for (let byte of bits) for (; byte > 0; byte &= byte - 1) count++;
  return count;
}
