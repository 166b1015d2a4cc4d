import type { Provenance } from "../../contract/provenance.ts";
import type { Schema } from "../../contract/schema.ts";
import { ArrowBatch } from "./arrow-batch.ts";
import { ArrowFault, must, unreadable } from "./fault.ts";
import { buffersOf } from "./ipc/body-buffers.ts";
import { KIND, type Message, readMessage } from "./ipc/message.ts";
import { readColumns, readParts } from "./ipc/read-batch.ts";
import { readSchema } from "./ipc/read-schema.ts";

/**
 * The batch of a message that {@link encodeIpc} made. Its columns are views of the bytes, which must begin at a multiple
 * of eight. `known` gives the schema object of an earlier batch for one that says the same.
 *
 * @throws DativoError DTV_ARROW_INVALID
 */
export function decodeIpc(
  bytes: Uint8Array,
  provenance?: Provenance,
  known = (schema: Schema): Schema => schema,
): ArrowBatch {
  try {
    const schemaEnd = messageAt(bytes, 0, KIND.schema);
    const { schema, stored } = readSchema(schemaEnd.message.header);
    const { message, body, end } = messageAt(bytes, schemaEnd.end, KIND.batch);
    must(view(bytes, end).getBigInt64(0, true) === END, "it has more than one batch");
    const parts = readParts(message.header);
    const columns = readColumns(stored, parts, buffersOf(message.header, body, 0, undefined), noWords);
    return new ArrowBatch(known(schema), stored, columns, parts.length, provenance);
  } catch (cause) {
    // What is damaged may fail anywhere.
    throw unreadable("a message between processes", cause);
  }
}

const PREFIX_BYTES = 8;
/** Mark and no length. */
const END = 0xffff_ffffn;

interface Placed {
  readonly message: Message;
  readonly body: Buffer;
  readonly end: number;
}

function messageAt(bytes: Uint8Array, at: number, kind: number): Placed {
  const prefix = view(bytes, at);
  must(prefix.getInt32(0, true) === -1, "a message does not begin as one");
  const start = at + PREFIX_BYTES;
  const length = prefix.getInt32(4, true);
  must(length > 0 && start + length <= bytes.length, "a message is longer than its bytes");
  const message = readMessage(bytes.subarray(start, start + length));
  must(message.kind === kind && message.header.table(3) === undefined, "a message is none of ours");
  const end = start + length + message.bodyBytes;
  must(end <= bytes.length, "a body is longer than its bytes");
  return { message, body: Buffer.from(bytes.buffer, bytes.byteOffset + start + length, message.bodyBytes), end };
}

function view(bytes: Uint8Array, at: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
}

function noWords(): never {
  throw new ArrowFault("it has dictionaries");
}
