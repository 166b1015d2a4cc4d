import type { RowGroup } from "hyparquet";
import type { Batch } from "../../../contract/batch.ts";
import { DativoError } from "../../../contract/errors.ts";
import type { DecodeContext, RandomAccess } from "../../../contract/format.ts";
import { parseOptions } from "../../../contract/options.ts";
import { describePlace, Provenance } from "../../../contract/provenance.ts";
import { RowBatch } from "../../../contract/row-batch.ts";
import { Schema } from "../../../contract/schema.ts";
import { damaged, within } from "../fault.ts";
import { parquetDecodeOptions } from "../parquet-options.ts";
import { FileBytes } from "./file-bytes.ts";
import { readFooter } from "./read-footer.ts";
import { type Misplaced, openRowGroup } from "./row-group.ts";
import { countGroup, countRows } from "./row-groups.ts";
import { buildSchemaTree } from "./schema-tree.ts";
import { type Column, selectColumns } from "./select-columns.ts";

/** What the values of a batch may come to, by the footer: wide records make shorter batches. */
const BATCH_BYTES = 8 * 1024 * 1024;

/**
 * Reads a file: typed batches, none of which crosses a row group. A file without records gives one empty batch.
 *
 * @throws DativoError DTV_PARQUET_INVALID for bytes that are no sound Parquet file or use a feature that is not read,
 * DTV_VALUE_UNFIT for a value that no cell holds exactly, DTV_OPTION_INVALID for an unknown column
 */
export async function* decodeParquet(
  bytes: RandomAccess,
  options: unknown,
  context: DecodeContext,
): AsyncGenerator<Batch> {
  const { skip = 0 } = context;
  const { columns: names } = parseOptions(parquetDecodeOptions, options ?? {}, "parquet reader");
  try {
    const file = new FileBytes(bytes, context.source);
    const footer = await readFooter(file);
    const columns = selectColumns(buildSchemaTree(footer.schema), names, context.source);
    const schema = new Schema(columns.map(({ field }) => field));
    countRows(footer);
    let read = 0;
    for (const [index, group] of footer.row_groups.entries()) {
      if (read + countGroup(group) <= skip) {
        read += countGroup(group);
        continue;
      }
      for await (const { rows, cells } of decodeRowGroup(file, group, index, columns, context)) {
        if (!Array.isArray(cells)) throw unfitError(cells, read, context.source);
        const provenance = Provenance.numbered(context.source, read + 1);
        const batch = RowBatch.fromColumns(schema, cells, rows, { provenance, exact: true });
        if (read + rows > skip) yield read < skip ? batch.slice(skip - read, rows) : batch;
        read += rows;
      }
    }
    if (read === 0) yield RowBatch.empty(schema);
  } catch (error) {
    throw damaged(context.source, error);
  }
}

interface Cells {
  readonly rows: number;
  readonly cells: unknown[][] | Misplaced;
}

async function* decodeRowGroup(
  file: FileBytes,
  group: RowGroup,
  index: number,
  columns: readonly Column[],
  { batchRows }: DecodeContext,
): AsyncGenerator<Cells> {
  const rows = countGroup(group);
  if (rows === 0) return;
  const place = `row group ${index + 1}`;
  const reader = await within(place, () => openRowGroup(file, group, rows, columns));
  const rowBytes = Math.max(1, reader.sizeBytes / rows);
  const most = Math.max(1, Math.min(batchRows, Math.floor(BATCH_BYTES / rowBytes)));
  for (let left = rows; left > 0; ) {
    const count = Math.min(left, most);
    yield { rows: count, cells: await within(place, () => reader.read(count)) };
    left -= count;
  }
}

function unfitError({ column, row, unfit }: Misplaced, read: number, source: string): DativoError {
  const { name } = column.field;
  const place = describePlace({ source, row: read + row + 1 });
  return new DativoError("DTV_VALUE_UNFIT", `${place}: the value of column '${name}' ${unfit.reason}`, {
    culprit: name,
    hint: "Leave the column out with the option `columns`, or write the file again with a type that fits.",
    details: { column: name, row: read + row + 1 },
  });
}
