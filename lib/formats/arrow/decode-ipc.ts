import { type Batch as IpcBatch, type DataType as IpcType, tableFromIPC } from "@uwdata/flechette";
import { DativoError } from "../../contract/errors.ts";
import type { Provenance } from "../../contract/provenance.ts";
import type { Property } from "../../contract/types.ts";
import { ArrowBatch } from "./arrow-batch.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { plainField } from "./arrow-field.ts";
import { checkStream } from "./check-message.ts";
import { parseIpcSchema, SCHEMA_KEY } from "./ipc-schema.ts";
import { ipcTypeOf } from "./ipc-type.ts";

/**
 * The batch of a message that {@link encodeIpc} made. Its columns are views of the bytes, which must begin at a multiple
 * of eight.
 *
 * @throws DativoError DTV_ARROW_INVALID
 */
export function decodeIpc(bytes: Uint8Array, provenance?: Provenance): ArrowBatch {
  try {
    checkStream(bytes);
    return toBatch(tableFromIPC(bytes), provenance);
  } catch (cause) {
    // What is damaged may fail anywhere.
    throw cause instanceof DativoError ? cause : invalid((cause as Error).message, cause);
  }
}

function toBatch(table: ReturnType<typeof tableFromIPC>, provenance: Provenance | undefined): ArrowBatch {
  const { schema, carriers, length } = parseIpcSchema(table.schema.metadata?.get(SCHEMA_KEY));
  const stored = schema.fields.map(({ name, nullable }, index): Property => {
    const type = carriers[index];
    if (type && isSame(table.schema.fields[index]?.type, ipcTypeOf(type))) return { name, nullable, type };
    throw invalid(`column '${name}' has another type than its schema says`);
  });
  const columns = stored.map(({ name }, index) => {
    const [batch, ...more] = table.children[index]?.data ?? [];
    if (batch && more.length === 0 && batch.length === length) return toColumn(batch);
    throw invalid(`column '${name}' has not the ${length} values of one batch`);
  });
  return new ArrowBatch(schema, stored.map(plainField), columns, length, provenance);
}

/** Types as far as the layout of their buffers goes. */
function isSame(a: IpcType | undefined, b: IpcType): boolean {
  if (a?.typeId !== b.typeId) return false;
  const [mine, theirs] = [childrenOf(a), childrenOf(b)];
  return mine.length === theirs.length && theirs.every((child, index) => isSame(mine[index]?.type, child.type));
}

function childrenOf(type: IpcType): readonly { readonly type: IpcType }[] {
  return (type as { children?: readonly { type: IpcType }[] }).children ?? [];
}

function toColumn({ length, nullCount, validity, offsets, values, children = [] }: IpcBatch<unknown>): ArrowColumn {
  const rest = [offsets, values].filter((buffer) => buffer !== undefined) as Uint8Array[];
  return {
    length,
    nullCount,
    buffers: [nullCount === 0 ? undefined : toBuffer(validity), ...rest.map(toBuffer)],
    children: children.map(toColumn),
  };
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function invalid(why: string, cause?: unknown): DativoError {
  return new DativoError("DTV_ARROW_INVALID", `An Arrow message is damaged: ${why}`, { cause });
}
