import type { ArrowField } from "./arrow-field.ts";
import type { ArrowSource } from "./read-cells.ts";

/** A column as Arrow buffers in JavaScript's memory (https://arrow.apache.org/docs/format/Columnar.html). */
export interface ArrowColumn {
  readonly length: number;
  readonly nullCount: number;
  /** The first one is the validity bitmap; undefined where there is none. */
  readonly buffers: readonly (Buffer | undefined)[];
  readonly children: readonly ArrowColumn[];
  /** The words, as cells, that the column points to. */
  readonly words?: ((stored: ArrowField) => readonly unknown[]) | undefined;
}

/** A column as something whose cells can be read. */
export function sourceOf(column: ArrowColumn): ArrowSource {
  return {
    length: column.length,
    offset: 0,
    mayHaveNulls: column.nullCount !== 0,
    words: (stored) => column.words?.(stored),
    child: (index) => (column.children[index] ? sourceOf(column.children[index]) : undefined),
    bytes: (index, start, end) => {
      const buffer = column.buffers[index];
      return buffer && end <= buffer.length ? buffer.subarray(start, end) : undefined;
    },
  };
}

/** Memory that the buffers of a column occupy. */
export function bytesOf({ buffers, children }: ArrowColumn): number {
  const own = buffers.reduce((sum, buffer) => sum + (buffer?.length ?? 0), 0);
  return children.reduce((sum, child) => sum + bytesOf(child), own);
}
