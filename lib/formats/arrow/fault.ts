import { DativoError } from "../../contract/errors.ts";

const DAMAGED_HINT = "The data is damaged, cut short or of another format. Write or copy it again.";

/** What is wrong with the bytes of a source, as the end of a sentence; {@link unreadable} adds the name of the source. */
export class ArrowFault extends Error {
  override readonly name: string = "ArrowFault";
  readonly hint: string;

  constructor(message: string, { hint = DAMAGED_HINT, cause }: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.hint = hint;
  }
}

/** An error in reading `source`, as the caller sees it. One of ours passes unchanged. */
export function unreadable(source: string, error: unknown): DativoError {
  if (error instanceof DativoError) return error;
  const reason = error instanceof ArrowFault ? error.message : `its bytes make no sense (${(error as Error).message})`;
  return new DativoError("DTV_ARROW_INVALID", `${source} cannot be read as Arrow: ${reason}`, {
    culprit: source,
    hint: error instanceof ArrowFault ? error.hint : DAMAGED_HINT,
    cause: error,
  });
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ArrowFault(what);
}
