import { o } from "../../contract/options.ts";

const MIB = 1024 * 1024;
const MAX_MESSAGE_MB = 256;

/** A message of more is refused, where nothing else is said. */
export const MAX_MESSAGE_BYTES = MAX_MESSAGE_MB * MIB;

/** How Arrow is read. */
export const arrowDecodeOptions = o.strictObject({
  max_message_mb: o
    .number()
    .positive()
    .max(2047)
    .default(MAX_MESSAGE_MB)
    .describe("Largest message in MiB, as it is stored and as it is expanded: a record batch is held in memory whole"),
  require_end: o
    .boolean()
    .default(true)
    .describe(
      "Whether a stream must close with its end-of-stream mark. Some old writers leave it out; without it, a stream that was cut between two batches looks whole",
    ),
});

/** The options as a program or a job gives them. */
export type ArrowReadOptions = o.input<typeof arrowDecodeOptions>;
/** The options with their defaults. */
export type ArrowDecodeOptions = o.output<typeof arrowDecodeOptions>;

export function messageLimitOf({ max_message_mb }: ArrowDecodeOptions): number {
  return Math.floor(max_message_mb * MIB);
}

/** How Arrow is written. */
export const arrowEncodeOptions = o.strictObject({
  form: o
    .enum(["file", "stream"])
    .default("file")
    .describe("`file` ends with a list of its batches (`.arrow`, Feather version 2); `stream` does not (`.arrows`)"),
});

export type ArrowWriteOptions = o.input<typeof arrowEncodeOptions>;

/** The same where there is no choice. */
export const arrowStreamEncodeOptions = o.strictObject({
  form: o.enum(["stream"]).default("stream").describe("A stream, which the name of the format says already"),
});
