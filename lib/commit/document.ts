import { DativoError, type ErrorCode } from "../contract/errors.ts";
import { sha256 } from "../contract/sha256.ts";

/**
 * A document that knows whether it is whole: JSON with the SHA-256 of the rest of it. A file that does not parse or
 * whose hash is wrong is an error, never an empty document.
 */
export function sealDocument(body: Readonly<Record<string, unknown>>): string {
  const json = JSON.stringify(body);
  return `${JSON.stringify({ ...(JSON.parse(json) as object), sha256: hashOf(json) }, undefined, 1)}\n`;
}

export interface DocumentKind {
  readonly format: string;
  /** The error for one that is not what was sealed, and what can be done then. */
  readonly code: ErrorCode;
  readonly hint: string;
}

/** @throws DativoError with the kind's code when the text is not what was sealed. */
export function parseDocument<T>(text: string, path: string, { format, code, hint }: DocumentKind): T {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new DativoError(code, `${path} does not parse`, { culprit: path, hint, cause });
  }
  const { sha256, ...body } = parsed;
  if (sha256 !== hashOf(JSON.stringify(body))) {
    throw new DativoError(code, `The hash of ${path} is wrong: it was cut off or changed`, {
      culprit: path,
      hint,
    });
  }
  if (body["format"] !== format) {
    throw new DativoError(code, `${path} has the format '${String(body["format"])}', not '${format}'`, {
      culprit: path,
      hint: "It was written by another version of Dativo.",
    });
  }
  return body as T;
}

function hashOf(text: string): string {
  return sha256(text);
}
