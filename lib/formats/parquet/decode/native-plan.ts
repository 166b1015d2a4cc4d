import type { FileMetaData, RowGroup } from "hyparquet";
import type { NativePlan, RandomAccess, SourceContext } from "../../../contract/format.ts";
import { parseOptions } from "../../../contract/options.ts";
import { Schema } from "../../../contract/schema.ts";
import { damaged, ParquetFault } from "../fault.ts";
import { parquetDecodeOptions } from "../parquet-options.ts";
import { FileBytes } from "./file-bytes.ts";
import type { Leaf } from "./leaf.ts";
import { type Chunk, locateChunk } from "./locate-chunks.ts";
import { NotNative, nativeCellsOf } from "./native-cells.ts";
import { readFooter } from "./read-footer.ts";
import { countGroup, countRows } from "./row-groups.ts";
import { buildSchemaTree } from "./schema-tree.ts";
import { type Column, selectColumns } from "./select-columns.ts";

const MAX_ROWS = 65_536;
/** What the values of a batch may come to, by the footer. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Beyond this, a dictionary may hold words of which a batch is far larger than the footer lets expect. */
const SMALL_DICTIONARY_BYTES = 64 * 1024;
const WARY_ROWS = 4096;

/**
 * What of a file is to be decoded natively, and into which types: all that the footer says is read and judged here.
 *
 * @throws DativoError as `decodeParquet` does
 */
export async function planParquet(
  bytes: RandomAccess,
  options: unknown,
  { source }: Pick<SourceContext, "source">,
): Promise<NativePlan> {
  const { columns: names } = parseOptions(parquetDecodeOptions, options ?? {}, "parquet reader");
  try {
    const file = new FileBytes(bytes, source);
    const footer = await readFooter(file);
    const nodes = buildSchemaTree(footer.schema);
    const columns = selectColumns(nodes, names, source);
    const rows = countRows(footer);
    if (rows === 0) return { refusal: "it has no records" };
    const places = new Map(nodes.map(({ name }, index) => [name, index]));
    return {
      schema: new Schema(columns.map(({ field }) => field)),
      rows,
      batchRows: batchRowsOf(footer, columns, rows, file.sizeBytes),
      columns: columns.map(({ field: { name, nullable }, shape }) => {
        return { index: places.get(name), name, nullable, cells: nativeCellsOf(shape) };
      }),
    };
  } catch (error) {
    if (error instanceof NotNative) return { refusal: error.message };
    throw damaged(source, error);
  }
}

function batchRowsOf(footer: FileMetaData, columns: readonly Column[], rows: number, fileBytes: number): number {
  const leaves = columns.flatMap(({ shape }) => shape.leaves);
  const groups = footer.row_groups.filter((group) => countGroup(group) > 0);
  const chunks = groups.flatMap((group) => leaves.map((leaf) => soundChunk(group, leaf, fileBytes)));
  const rowBytes = chunks.reduce((sum, chunk) => sum + sizeOf(chunk), 0) / rows;
  const most = chunks.some(isDeceptive) ? WARY_ROWS : MAX_ROWS;
  return Math.max(1, Math.min(most, Math.floor(BATCH_BYTES / Math.max(1, rowBytes))));
}

/** A contradiction in the footer is told when the reading comes to it, and not before. */
function soundChunk(group: RowGroup, leaf: Leaf, fileBytes: number): Chunk {
  try {
    return locateChunk(group, leaf, countGroup(group), fileBytes);
  } catch (error) {
    throw error instanceof ParquetFault ? new NotNative(error.message) : error;
  }
}

function sizeOf({ leaf, meta }: Chunk): number {
  const values = Number(meta.num_values);
  if (leaf.maker.physical === "BYTE_ARRAY") return Number(textBytes(meta) ?? meta.total_uncompressed_size) + 4 * values;
  return (leaf.type.kind === "decimal" ? 16 : 8) * values;
}

function isDeceptive({ leaf, meta }: Chunk): boolean {
  if (leaf.maker.physical !== "BYTE_ARRAY" || textBytes(meta) !== undefined) return false;
  return (
    Number(meta.data_page_offset) - Number(meta.dictionary_page_offset ?? meta.data_page_offset) >
    SMALL_DICTIONARY_BYTES
  );
}

function textBytes({ size_statistics }: Chunk["meta"]): bigint | undefined {
  return size_statistics?.unencoded_byte_array_data_bytes;
}
