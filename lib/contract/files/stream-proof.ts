import { DativoError } from "../errors.ts";
import { o } from "../options.ts";

/** How a stream may show that it is whole. A pipe looks the same when its writer is done and when it has died. */
export const streamProofOptions = {
  accept_eof: o
    .boolean()
    .default(false)
    .describe("Takes the end of the stream for the end of the data, whoever wrote it and however that ended"),
  expect_rows: o.int().min(0).optional().describe("How many records the stream has; any other number is an error"),
  done_marker: o
    .string()
    .min(1)
    .max(1024)
    .regex(/^[^\r\n]*$/, "cannot hold a line end")
    .optional()
    .describe("The last line of the stream, which is no record: without it the stream is not whole"),
};

/** What showed that a stream was whole. */
export type StreamProof = "trailer" | "format" | "rows" | "marker" | "eof";

export interface ProofOptions {
  readonly accept_eof: boolean;
  readonly expect_rows?: number | undefined;
  readonly done_marker?: string | undefined;
}

/**
 * What shows that a stream is whole, now that it has ended.
 *
 * @throws DativoError DTV_UPSTREAM_INCOMPLETE for a wrong number of records, DTV_UPSTREAM_UNPROVEN where nothing does
 */
export function proveEnd(
  options: ProofOptions,
  facts: { rows: number; format: string; provesEnd: boolean },
): StreamProof {
  const { expect_rows: expected, done_marker: marker, accept_eof: isAccepted } = options;
  expectRows(options, facts.rows);
  if (expected !== undefined) return "rows";
  if (marker !== undefined) return "marker";
  if (facts.provesEnd) return "format";
  if (isAccepted) return "eof";
  throw new DativoError(
    "DTV_UPSTREAM_UNPROVEN",
    `Standard input ended after ${facts.rows} records, and nothing says that this was all: ${facts.format} has no end of its own`,
    {
      culprit: "stdin",
      hint: "A pipe ends just so when its writer dies. Let `dativo read` write into it, give --expect-rows or --done-marker, or accept whatever comes with --accept-eof.",
    },
  );
}

/** @throws DativoError DTV_UPSTREAM_INCOMPLETE for another number of records than was expected */
export function expectRows({ expect_rows: expected }: ProofOptions, rows: number): void {
  if (expected !== undefined && expected !== rows) throw wrongCount(expected, rows);
}

function wrongCount(expected: number, rows: number): DativoError {
  return new DativoError(
    "DTV_UPSTREAM_INCOMPLETE",
    `Standard input has ${rows} records, and ${expected} were expected`,
    {
      culprit: "stdin",
      hint: "Look at the command before the pipe: it may have ended early.",
      details: { expected, rows },
    },
  );
}

/**
 * The bytes without the marker that must be their last line.
 *
 * @throws DativoError DTV_UPSTREAM_INCOMPLETE at the end of bytes that do not end in it
 */
export async function* withoutMarker(bytes: AsyncIterable<Uint8Array>, marker: string): AsyncGenerator<Uint8Array> {
  const wanted = Buffer.from(marker);
  // The marker, and a line end before and behind it.
  const keep = wanted.length + 4;
  let held = Buffer.alloc(0);
  let isStart = true;
  for await (const chunk of bytes) {
    held = Buffer.concat([held, chunk]);
    if (held.length <= keep) continue;
    yield held.subarray(0, held.length - keep);
    isStart = false;
    held = held.subarray(held.length - keep);
  }
  const text = held.toString("latin1").replace(/\r?\n$/, "");
  const before = text.length - wanted.length;
  const isLine = before > 0 ? text[before - 1] === "\n" : isStart;
  if (before < 0 || text.slice(before) !== wanted.toString("latin1") || !isLine) throw noMarker(marker);
  if (before > 0) yield held.subarray(0, before);
}

function noMarker(marker: string): DativoError {
  return new DativoError("DTV_UPSTREAM_INCOMPLETE", `Standard input does not end with the line '${marker}'`, {
    culprit: "stdin",
    hint: "Look at the command before the pipe: it was to write this line last, and may have ended early.",
  });
}
