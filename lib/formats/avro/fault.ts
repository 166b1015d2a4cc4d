import { DativoError, type ErrorCode } from "../../contract/errors.ts";

const DAMAGED_HINT = "The file is damaged, cut short or of another format. Write or copy it again.";

/** What is wrong with the bytes of a file, as the end of a sentence; {@link damaged} adds the name and the place. */
export class AvroFault extends Error {
  override readonly name: string = "AvroFault";
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(message: string, extra: { hint?: string; code?: ErrorCode; cause?: unknown } = {}) {
    super(message, { cause: extra.cause });
    this.code = extra.code ?? "DTV_AVRO_INVALID";
    this.hint = extra.hint ?? DAMAGED_HINT;
  }
}

/** A value goes on where its bytes end: more are to come, or its block is broken. */
export class OutOfBytes extends AvroFault {
  constructor() {
    super("a value goes on behind the end of its bytes");
  }
}

/** Where in a file something is wrong. */
export interface FaultPlace {
  readonly source: string;
  /** From 1; 0 is the header. */
  readonly block: number;
  /** First byte of the header or block. */
  readonly offset: number;
  /** Number of the record at hand, from 1, where the fault is in one. */
  readonly record?: number | undefined;
}

/** An error in reading a file, as the caller sees it. One of ours passes unchanged. */
export function damaged({ source, block, offset, record }: FaultPlace, error: unknown): DativoError {
  if (error instanceof DativoError) return error;
  const fault = error instanceof AvroFault ? error : undefined;
  const reason = fault?.message ?? `its bytes make no sense (${error instanceof Error ? error.message : error})`;
  const place = block === 0 ? "its header" : `block ${block} (byte ${offset})`;
  const within = record === undefined ? "" : `, record ${record}`;
  return new DativoError(
    fault?.code ?? "DTV_AVRO_INVALID",
    `${source} cannot be read as Avro: ${place}${within}: ${reason}`,
    { culprit: source, hint: fault?.hint ?? DAMAGED_HINT, cause: error, details: { source, block, offset, record } },
  );
}
