import { DativoError } from "../contract/errors.ts";

/** The error of a run that was told to stop: who said so, and what that means. */
export function cancelled(signal: AbortSignal | undefined, cause: unknown, meaning: string): DativoError {
  const { message = "The run was cancelled", details } = signal?.reason instanceof DativoError ? signal.reason : {};
  return new DativoError("DTV_CANCELLED", `${message}${meaning}`, { cause, details });
}
