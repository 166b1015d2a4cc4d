/** The words of the pipe protocol, which stand in the metadata of schema and batches (docs/decisions/arrow.md). */

/** Version of the protocol; in the schema. */
export const STREAM = "dativo.stream";
export const STREAM_ID = "dativo.stream.id";
/** `none` where nothing but the end-of-stream mark follows the records. */
export const TRAILER = "dativo.stream.trailer";
/** Where the records of a batch stand in the source of the first stage, as JSON. */
export const PLACE = "dativo.place";

export const VERSION = "1";

/** What a stage says of its work when its stream ends. */
export interface PipeReport {
  /** Records that it read. */
  readonly read: number;
  readonly rejected: number;
  readonly filtered: number;
  /** Records that are in the stream. */
  readonly rows: number;
  readonly outcome: "ok" | "error";
  /** What showed the first stage that its source was whole; left out where it could read that again. */
  readonly proof?: string | undefined;
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}
