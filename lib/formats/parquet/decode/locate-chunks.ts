/** Where the column chunks of a row group lie, held against the schema; and how their bytes are fetched. */
import type { ColumnMetaData, RowGroup } from "hyparquet";
import { countOf, ParquetFault } from "../fault.ts";
import type { ReadBytes } from "./chunk-bytes.ts";
import type { FileBytes } from "./file-bytes.ts";
import type { Leaf } from "./leaf.ts";

/** Stored bytes of a row group that are held at a time, over all its columns. */
export const READ_BYTES: number = 16 * 1024 * 1024;
/** The length of the footer and the magic number, at the end of a file. */
const TRAILER_BYTES = 8;

/** One column chunk, from `start` up to `end` of the file. */
export interface Chunk {
  readonly leaf: Leaf;
  readonly meta: ColumnMetaData;
  readonly start: number;
  readonly end: number;
}

/**
 * The chunk of a leaf; the footer lists the chunks in the order of the leaves.
 *
 * @throws ParquetFault when there is none, or one that cannot be that leaf's
 */
export function locateChunk(group: RowGroup, leaf: Leaf, rows: number, fileBytes: number): Chunk {
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
  const most = Math.max(0, fileBytes - TRAILER_BYTES - start);
  return { leaf, meta, start, end: start + countOf(meta.total_compressed_size, "size of a column chunk", most) };
}

/** Chunks that lie together and are small are read at once; else each is read as it is needed. */
export async function readerOf(file: FileBytes, chunks: readonly Chunk[]): Promise<ReadBytes> {
  const start = Math.min(...chunks.map((chunk) => chunk.start));
  const end = Math.max(...chunks.map((chunk) => chunk.end));
  const wanted = chunks.reduce((sum, chunk) => sum + chunk.end - chunk.start, 0);
  if (end - start > READ_BYTES || end - start > wanted * 2) return (offset, length) => file.read(offset, length);
  const bytes = await file.read(start, end - start);
  return async (offset, length) => bytes.subarray(offset - start, offset - start + length);
}
