import type { Batch } from "../../contract/batch.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { carrierOf } from "./carrier.ts";
import { CellBatch } from "./cell-batch.ts";
import { encodeField } from "./encode-field.ts";
import { batchMessage, END_OF_STREAM, schemaMessage } from "./ipc/write-message.ts";
import { wireField } from "./ipc/write-schema.ts";

/**
 * A batch as one Arrow IPC stream: the schema, one record batch, the end. Any Arrow library reads it. Columns that lie as
 * we would lay them are taken as they are.
 *
 * @throws DativoError DTV_VALUE_UNFIT for what no Arrow column of the field holds
 */
export function encodeIpc(batch: Batch): Uint8Array {
  const { fields, metadata } = batch.schema;
  const plain = batch instanceof CellBatch ? batch.plainColumns() : undefined;
  const rows = plain ? undefined : RowBatch.from(batch);
  const wire = fields.map((field, index) => wireField(field, rows ? carrierOf(field, rows.cells(index)) : field.type));
  const columns = plain ?? wire.map((field, index) => encodeField(field, (rows as RowBatch).cells(index)));
  const messages = [schemaMessage(wire, metadata), batchMessage(columns, batch.length)];
  return Buffer.concat([...messages.flatMap(({ bytes }) => bytes), END_OF_STREAM]);
}
