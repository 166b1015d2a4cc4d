import { DativoError } from "../contract/errors.ts";
import type { Format } from "../contract/format.ts";
import type { Fault, Reject } from "../contract/reject.ts";
import { MAX_BATCH_ROWS } from "../contract/row-batch.ts";
import { HEAD_BYTES } from "../formats/text/text-head.ts";

/** As many as are looked at first: what follows is not taken for another kind of file. */
const BLANK_LINES = Buffer.alloc(HEAD_BYTES, "\n");

const LINE_END = Buffer.from("\n");

/**
 * The same rejects, with what the format itself says of lines that are not its. A library knows that a line is wrong;
 * the sentence is that of the format's parser, and is said in one place. What the parser takes keeps the library's.
 */
export function explainRejects(rejects: readonly Reject[], format: Format, options: unknown): readonly Reject[] {
  const lines = rejects.filter(isMalformed);
  if (lines.length === 0) return rejects;
  const faults = faultsOf(
    Buffer.concat([BLANK_LINES, ...lines.flatMap(({ raw }) => [raw, LINE_END])]),
    format,
    options,
  );
  const explained = new Map(
    lines.map((reject, index) => [reject as Reject, faults.get(HEAD_BYTES + index + 1) ?? reject.faults]),
  );
  return rejects.map((reject) => ({ ...reject, faults: explained.get(reject) ?? reject.faults }));
}

/** By the number of the line. */
function faultsOf(text: Buffer, format: Format, options: unknown): Map<number, readonly Fault[]> {
  const found = new Map<number, readonly Fault[]>();
  const decoder = format.decoder?.(options, {
    source: format.name,
    batchRows: MAX_BATCH_ROWS,
    warn: () => {},
    reject: ({ line = 0, faults }) => {
      if (faults[0]?.rule === "json") found.set(line, faults);
    },
  });
  if (!decoder) throw new DativoError("DTV_STAGE_MISUSE", `The format '${format.name}' cannot be read`);
  for (const made of [() => decoder.push(text), () => decoder.end()]) for (const batch of made()) batch.release();
  return found;
}

function isMalformed(reject: Reject): reject is Reject & { readonly raw: Uint8Array } {
  return reject.raw !== undefined && reject.faults[0]?.rule === "json";
}
