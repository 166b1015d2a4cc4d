/** The envelope of what an Arrow stream is made of (https://arrow.apache.org/docs/format/Columnar.html#format-ipc). */
import { must } from "../fault.ts";
import { FlatTable } from "./flat-table.ts";

/** Numbers of the kinds, in Message.fbs. */
export const KIND = { schema: 1, dictionary: 2, batch: 3 } as const;
/** Version 5 of the metadata; 4 differs from it in unions alone, which are not read. */
export const METADATA_VERSION = 4;
const OLDEST_VERSION = 3;

export interface Message {
  readonly kind: number;
  readonly header: FlatTable;
  /** Of the body that follows. */
  readonly bodyBytes: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @throws ArrowFault or RangeError */
export function readMessage(bytes: Uint8Array): Message {
  const message = FlatTable.root(bytes);
  const header = message.table(2);
  must(header !== undefined, "a message is empty");
  must(message.short(0) >= OLDEST_VERSION, "it is in a form that is older than Arrow 0.8");
  return { kind: message.byte(1), header, bodyBytes: message.long(3), metadata: readMetadata(message, 4) };
}

/** Pairs of texts. Names without a value are as if they had an empty one. */
export function readMetadata(table: FlatTable, slot: number): Record<string, string> {
  return Object.fromEntries(table.tables(slot).map((pair) => [pair.text(0), pair.text(1)]));
}
