import { Batch as IpcBatch, Column as IpcColumn, type DataType as IpcType, Table, tableToIPC } from "@uwdata/flechette";
import { DativoError } from "../../contract/errors.ts";
import { Unwritable } from "../../contract/json.ts";
import type { RowBatch } from "../../contract/row-batch.ts";
import type { Field } from "../../contract/schema.ts";
import type { DataType } from "../../contract/types.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { carrierOf } from "./carrier.ts";
import { encodeColumn } from "./encode-cells.ts";
import { formatIpcSchema, type IpcSchema, SCHEMA_KEY } from "./ipc-schema.ts";
import { ipcField } from "./ipc-type.ts";

/**
 * A batch as one Arrow IPC stream: the schema, one record batch, the end. Any Arrow library reads it; the schema in its
 * metadata says the rest, such as which fields are untyped.
 *
 * @throws DativoError DTV_VALUE_UNFIT for what no Arrow column of the field holds
 */
export function encodeIpc(batch: RowBatch): Uint8Array {
  const { schema, length } = batch;
  const cells = schema.fields.map((_, index) => batch.cells(index));
  const carriers = schema.fields.map((field, index) => carrierOf(field, cells[index] as Cells));
  const columns = carriers.map((type, index) =>
    encodeField(schema.fields[index] as Field, type, cells[index] as Cells),
  );
  return encodeColumns({ schema, carriers, length }, columns);
}

type Cells = readonly unknown[];

/** The same of columns that are encoded already, by the types that carry them. */
export function encodeColumns(ipcSchema: IpcSchema, columns: readonly ArrowColumn[]): Uint8Array {
  const fields = ipcSchema.schema.fields.map(({ name, nullable }, index) =>
    ipcField({ name, nullable, type: ipcSchema.carriers[index] as DataType }),
  );
  const data = columns.map((column, index) => {
    const { type } = fields[index] as { type: IpcType };
    return new IpcColumn([toIpcBatch(column, type)], type);
  });
  const metadata = new Map([[SCHEMA_KEY, formatIpcSchema(ipcSchema)]]);
  return tableToIPC(new Table({ fields, metadata }, data), { format: "stream" }) as Uint8Array;
}

function encodeField({ name }: Field, type: DataType, cells: Cells): ArrowColumn {
  try {
    return encodeColumn(type, cells);
  } catch (cause) {
    if (!(cause instanceof Unwritable || cause instanceof DativoError)) throw cause;
    throw new DativoError(
      "DTV_VALUE_UNFIT",
      `Field '${name}': ${cause instanceof Unwritable ? "a value " : ""}${cause.message}`,
      {
        culprit: name,
        cause,
      },
    );
  }
}

const NONE = new Uint8Array(0);

function toIpcBatch({ length, nullCount, buffers, children }: ArrowColumn, type: IpcType): IpcBatch<unknown> {
  const [validity = NONE, second = NONE, third = NONE] = buffers;
  const inside = (type as { children?: readonly { type: IpcType }[] }).children ?? [];
  const hasOffsets = buffers.length === 3 || (buffers.length === 2 && children.length === 1);
  return new IpcBatch({
    length,
    nullCount,
    type,
    validity,
    ...(hasOffsets ? { offsets: second as never, values: third } : { values: second }),
    children: children.map((child, index) => toIpcBatch(child, (inside[index] as { type: IpcType }).type)),
  });
}
