/** One row group: its chunks are found, checked against the schema, and read a batch of records at a time. */
import type { ColumnMetaData, RowGroup } from "hyparquet";
import { countOf, ParquetFault, within } from "../fault.ts";
import { assembleCells } from "./assemble.ts";
import { ChunkBytes, type ReadBytes } from "./chunk-bytes.ts";
import { ColumnChunkReader, type Entries } from "./column-chunk.ts";
import type { Shape } from "./column-shape.ts";
import type { FileBytes } from "./file-bytes.ts";
import { loadInflate } from "./inflate.ts";
import type { Leaf } from "./leaf.ts";
import { loadReaderLibrary } from "./reader-library.ts";
import type { Column } from "./select-columns.ts";
import { findUnfit, type Unfit } from "./unfit.ts";

/** Stored bytes of a row group that are held at a time, over all its columns. */
const READ_BYTES = 16 * 1024 * 1024;
const MIN_WINDOW_BYTES = 128 * 1024;
/** The magic number and the length at the end of a file. */
const TRAILER_BYTES = 8;

/** A value that has no cell. */
export interface Misplaced {
  readonly column: Column;
  /** From 0, in the batch. */
  readonly row: number;
  readonly unfit: Unfit;
}

export interface RowGroupReader {
  /** The columns of the next `count` records, or the first value among them that has no cell. */
  read(count: number): Promise<unknown[][] | Misplaced>;
}

interface Chunk {
  readonly leaf: Leaf;
  readonly meta: ColumnMetaData;
  readonly start: number;
  readonly end: number;
}

/** @throws ParquetFault when the footer contradicts itself */
export async function openRowGroup(
  file: FileBytes,
  group: RowGroup,
  rows: number,
  columns: readonly Column[],
): Promise<RowGroupReader> {
  const leaves = columns.flatMap(({ shape }) => shape.leaves);
  const chunks = leaves.map((leaf) => chunkOf(group, leaf, rows, file.sizeBytes));
  const read = await readerOf(file, chunks);
  const windowBytes = Math.max(MIN_WINDOW_BYTES, Math.floor(READ_BYTES / chunks.length));
  const readers = new Map<Leaf, ColumnChunkReader>();
  for (const chunk of chunks) readers.set(chunk.leaf, await openChunk(chunk, read, windowBytes));
  return { read: (count) => readColumns(columns, readers, count) };
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

/** The chunk of a leaf; the footer lists the chunks in the order of the leaves. */
function chunkOf(group: RowGroup, leaf: Leaf, rows: number, fileBytes: number): Chunk {
  const chunk = group.columns[leaf.node.leaf];
  const meta = chunk?.meta_data;
  if (!meta) {
    throw new ParquetFault(`column '${leaf.name}' is encrypted or left out, which is not read`, {
      hint: "Write the file without encryption, or leave the column out with the option `columns`.",
    });
  }
  if (chunk.file_path) throw new ParquetFault(`column '${leaf.name}' lies in another file, which is not read`);
  if (meta.path_in_schema.join("\0") !== leaf.node.path.join("\0") || meta.type !== leaf.node.element.type) {
    throw new ParquetFault(`a column chunk is not of the column '${leaf.name}' whose place it has`);
  }
  const values = countOf(meta.num_values, `number of values in column '${leaf.name}'`);
  if (leaf.node.level === 0 && values !== rows) {
    throw new ParquetFault(`column '${leaf.name}' has ${values} values for ${rows} records`);
  }
  const data = countOf(meta.data_page_offset, "place of a column chunk", fileBytes);
  const dictionary = countOf(meta.dictionary_page_offset ?? 0, "place of a dictionary", fileBytes);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const last = fileBytes - TRAILER_BYTES;
  const size = countOf(meta.total_compressed_size, "size of a column chunk", Math.max(0, last - start));
  return { leaf, meta, start, end: start + size };
}

/** Chunks that lie together and are small are read at once; else each goes through a window of its own. */
async function readerOf(file: FileBytes, chunks: readonly Chunk[]): Promise<ReadBytes> {
  const start = Math.min(...chunks.map((chunk) => chunk.start));
  const end = Math.max(...chunks.map((chunk) => chunk.end));
  const wanted = chunks.reduce((sum, chunk) => sum + chunk.end - chunk.start, 0);
  if (end - start > READ_BYTES || end - start > wanted * 2) return (offset, length) => file.read(offset, length);
  const bytes = await file.read(start, end - start);
  return async (offset, length) => bytes.subarray(offset - start, offset - start + length);
}
