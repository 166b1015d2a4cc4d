/** The dtv_error of `dativo_plugin.h`: what a library says of a call that failed. */
import { CODES, DativoError, type ErrorCode } from "../contract/errors.ts";
import { ERROR } from "./layout.ts";
import { fixedBytes, textIn } from "./memory.ts";

/** What a code of the header means for the run, where the library does not say it more exactly. */
const CODES_OF: Readonly<Record<number, ErrorCode>> = {
  [-2]: "DTV_OPTION_INVALID",
  [-3]: "DTV_SOURCE_NOT_FOUND",
  [-4]: "DTV_SOURCE_UNREADABLE",
  [-5]: "DTV_PLUGIN_FAILED",
  [-6]: "DTV_SOURCE_UNREADABLE",
  [-7]: "DTV_CONNECTION_FAILED",
  [-9]: "DTV_SCHEMA_CHANGED",
  [-10]: "DTV_COMMIT_CONFLICT",
  [-11]: "DTV_OUTCOME_UNKNOWN",
  [-125]: "DTV_CANCELLED",
};

/** An empty dtv_error of the host. */
export function newError(): Buffer {
  const error = fixedBytes(ERROR.size);
  error.writeUInt32LE(ERROR.size);
  return error;
}

/** Forgets what the call before left. */
export function clearError(error: Buffer): void {
  error.fill(0, 4);
}

/** What went wrong in a call that returned `code`. */
export function failureIn(error: Buffer, owner: string, verb: string, code: number): DativoError {
  const message = textIn(error, ERROR.message, ERROR.messageBytes) || `it returned ${code}`;
  const detail = detailIn(textIn(error, ERROR.detail, ERROR.detailBytes));
  const retryable = error.readInt32LE(ERROR.retryable) !== 0;
  const known = isCode(detail["code"]) ? detail["code"] : undefined;
  const ours = known ?? (retryable ? "DTV_TRANSIENT" : (CODES_OF[code] ?? "DTV_PLUGIN_FAILED"));
  return new DativoError(ours, known ? message : `${verb}() of ${owner} failed: ${message}`, {
    culprit: typeof detail["culprit"] === "string" ? detail["culprit"] : owner,
    ...(typeof detail["hint"] === "string" ? { hint: detail["hint"] } : {}),
    details: detail,
  });
}

function detailIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(CODES, value);
}
