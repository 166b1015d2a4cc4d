/** One row group, read a batch of records at a time. */
import type { RowGroup } from "hyparquet";
import { countOf, within } from "../fault.ts";
import { assembleCells } from "./assemble.ts";
import { ChunkBytes, type ReadBytes } from "./chunk-bytes.ts";
import { ColumnChunkReader, type Entries } from "./column-chunk.ts";
import type { Shape } from "./column-shape.ts";
import type { FileBytes } from "./file-bytes.ts";
import { loadInflate } from "./inflate.ts";
import type { Leaf } from "./leaf.ts";
import { type Chunk, locateChunk, READ_BYTES, readerOf } from "./locate-chunks.ts";
import { loadReaderLibrary } from "./reader-library.ts";
import type { Column } from "./select-columns.ts";
import { findUnfit, type Unfit } from "./unfit.ts";

const MIN_WINDOW_BYTES = 128 * 1024;

/** A value that has no cell. */
export interface Misplaced {
  readonly column: Column;
  /** From 0, in the batch. */
  readonly row: number;
  readonly unfit: Unfit;
}

export interface RowGroupReader {
  /** Size of the columns that are read, without compression, as the footer has it. */
  readonly sizeBytes: number;
  /** The columns of the next `count` records, or the first value among them that has no cell. */
  read(count: number): Promise<unknown[][] | Misplaced>;
}

/** @throws ParquetFault when the footer contradicts itself */
export async function openRowGroup(
  file: FileBytes,
  group: RowGroup,
  rows: number,
  columns: readonly Column[],
): Promise<RowGroupReader> {
  const leaves = columns.flatMap(({ shape }) => shape.leaves);
  const chunks = leaves.map((leaf) => locateChunk(group, leaf, rows, file.sizeBytes));
  const read = await readerOf(file, chunks);
  const windowBytes = Math.max(MIN_WINDOW_BYTES, Math.floor(READ_BYTES / chunks.length));
  const readers = new Map<Leaf, ColumnChunkReader>();
  for (const chunk of chunks) readers.set(chunk.leaf, await openChunk(chunk, read, windowBytes));
  return {
    sizeBytes: chunks.reduce((sum, { meta }) => sum + Number(meta.total_uncompressed_size), 0),
    read: (count) => readColumns(columns, readers, count),
  };
}

async function readColumns(
  columns: readonly Column[],
  readers: ReadonlyMap<Leaf, ColumnChunkReader>,
  count: number,
): Promise<unknown[][] | Misplaced> {
  const batch: unknown[][] = [];
  for (const column of columns) {
    const cells = await within(`column '${column.field.name}'`, () => readColumn(column.shape, readers, count));
    if (!Array.isArray(cells)) return { column, ...cells };
    batch.push(cells);
  }
  return batch;
}

async function readColumn(
  shape: Shape,
  readers: ReadonlyMap<Leaf, ColumnChunkReader>,
  count: number,
): Promise<unknown[] | Omit<Misplaced, "column">> {
  if (shape.kind === "leaf") {
    const cells = await (readers.get(shape.leaf) as ColumnChunkReader).readCells(count);
    const row = findUnfit(cells);
    return row < 0 ? cells : { row, unfit: cells[row] as Unfit };
  }
  const entries: Entries[] = [];
  for (const leaf of shape.leaves) {
    const some = await (readers.get(leaf) as ColumnChunkReader).readEntries(count);
    const at = findUnfit(some.cells);
    if (at >= 0) return { row: rowOf(some, leaf, at), unfit: some.cells[at] as Unfit };
    entries.push(some);
  }
  return assembleCells(shape, entries, count);
}

/** The record that a cell of a leaf belongs to. */
function rowOf(entries: Entries, leaf: Leaf, cell: number): number {
  let row = -1;
  for (let i = 0, seen = -1; seen < cell; i++) {
    if (entries.repetitions[i] === 0) row++;
    if (entries.definitions[i] === leaf.node.definition) seen++;
  }
  return row;
}

async function openChunk(chunk: Chunk, read: ReadBytes, windowBytes: number): Promise<ColumnChunkReader> {
  const { leaf, meta, start, end } = chunk;
  return within(`column '${leaf.name}'`, async () => {
    const inflate = await loadInflate(meta.codec, countOf(meta.total_uncompressed_size, "size of a column chunk"));
    return new ColumnChunkReader(
      await loadReaderLibrary(),
      new ChunkBytes(read, start, end, windowBytes),
      leaf,
      meta,
      inflate,
    );
  });
}
