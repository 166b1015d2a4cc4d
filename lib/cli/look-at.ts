import type { BaseWriter } from "../contract/writer.ts";
import type { PipeRequest } from "../pipe/pipe-request.ts";
import { type PipeFlags, requestOf, takingWhatComes } from "./pipe-flags.ts";

/** A pipe whose records are looked at, and go nowhere. */
export function lookingAt(collector: BaseWriter, flags: PipeFlags, sources: readonly string[]): PipeRequest {
  return { ...takingWhatComes(requestOf(flags, sources)), out: collector };
}
