import { DativoError } from "../../contract/errors.ts";

const DAMAGED_HINT = "The file is damaged, cut short or of another format. Write or copy it again.";

/** What is wrong with the bytes of a file, as the end of a sentence; {@link damaged} adds the name of the file. */
export class ParquetFault extends Error {
  override readonly name: string = "ParquetFault";
  readonly hint: string;

  constructor(message: string, extra: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: extra.cause });
    this.hint = extra.hint ?? DAMAGED_HINT;
  }
}

/** An error in reading `source`, as the caller sees it. One of ours passes unchanged. */
export function damaged(source: string, error: unknown): DativoError {
  if (error instanceof DativoError) return error;
  const fault = error instanceof ParquetFault ? error : undefined;
  const reason = fault?.message ?? `its bytes make no sense (${messageOf(error)})`;
  return new DativoError("DTV_PARQUET_INVALID", `${source} cannot be read as Parquet: ${reason}`, {
    culprit: source,
    hint: fault?.hint ?? DAMAGED_HINT,
    cause: error,
  });
}

/** Runs `work`; a fault in it is told together with its place in the file. */
export async function within<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DativoError) throw error;
    const hint = error instanceof ParquetFault ? error.hint : DAMAGED_HINT;
    throw new ParquetFault(`${place}: ${messageOf(error)}`, { hint, cause: error });
  }
}

/** A number that a file gives for a length, count or place: a whole number from 0 to `most`. */
export function countOf(value: unknown, what: string, most: number = Number.MAX_SAFE_INTEGER): number {
  const count = typeof value === "bigint" ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0 && count <= most) return count;
  const limit = most === Number.MAX_SAFE_INTEGER ? "" : `, where at most ${most} can be`;
  throw new ParquetFault(`the ${what} is ${String(value)}${limit}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
