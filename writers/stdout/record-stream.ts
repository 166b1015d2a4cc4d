import type { Batch } from "../../lib/contract/batch.ts";
import type { ErrorCode } from "../../lib/contract/errors.ts";
import type { Schema } from "../../lib/contract/schema.ts";

/** Records as the bytes of one stream. */
export interface RecordStream {
  /** A chunk may be overwritten when the second one after it is asked for. */
  encode(batch: Batch): AsyncIterable<Uint8Array>;
  /** The last bytes; `schema` is that of a stream which had no records. */
  end(schema: Schema | undefined): AsyncIterable<Uint8Array>;
  /** What is said of an end that came too early, where the format has words for that. */
  fail(schema: Schema | undefined, code: ErrorCode): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
