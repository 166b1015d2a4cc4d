import { AvroFault, OutOfBytes } from "../fault.ts";
import { Datum } from "./datum.ts";

export const SYNC_BYTES = 16;
export const MAGIC: Buffer = Buffer.from("Obj\u0001", "latin1");

export const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MAX_ENTRIES = 10_000;

/** What stands before the blocks of a file. */
export interface Header {
  readonly schema: string;
  readonly codec: string;
  /** Ends every block. */
  readonly sync: Buffer;
  readonly length: number;
}

/** The header at the beginning of some bytes; undefined while they are too few. @throws AvroFault for what is none */
export function readHeader(bytes: Buffer): Header | undefined {
  const seen = Math.min(bytes.length, MAGIC.length);
  if (!bytes.subarray(0, seen).equals(MAGIC.subarray(0, seen))) {
    throw new AvroFault("it does not begin as a container file of Avro does", {
      hint: "A single value of Avro, or a message with the number of its schema in front, is no file. Is it another format?",
    });
  }
  try {
    return readEntries(new Datum(bytes, MAX_HEADER_BYTES));
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error;
    if (bytes.length < MAX_HEADER_BYTES) return undefined;
    throw new AvroFault(`it is longer than ${MAX_HEADER_BYTES} bytes`);
  }
}

function readEntries(datum: Datum): Header {
  datum.take(MAGIC.length);
  const texts = new Map<string, string>();
  let entries = 0;
  for (;;) {
    let count = datum.readLong();
    if (count === 0) break;
    if (count < 0) {
      datum.readLong();
      count = -count;
    }
    entries += Number(count);
    if (entries > MAX_ENTRIES) throw new AvroFault(`it claims ${entries} entries`);
    for (let i = 0; i < count; i++) texts.set(readText(datum), readText(datum));
  }
  const start = datum.take(SYNC_BYTES);
  const schema = texts.get("avro.schema");
  if (schema === undefined) throw new AvroFault("it has no schema");
  const sync = Buffer.from(datum.bytes.subarray(start, datum.at));
  return { schema, codec: texts.get("avro.codec") ?? "null", sync, length: datum.at };
}

function readText(datum: Datum): string {
  const start = datum.takeSized();
  return datum.bytes.toString("utf8", start, datum.at);
}
