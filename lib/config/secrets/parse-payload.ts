import { DativoError } from "../../contract/errors.ts";
import type { SecretValue } from "./open-secret-manager.ts";

/** How the payload of a secret is written; `auto` goes by its looks. */
export type PayloadHint = "json" | "env" | "text" | "raw" | "auto";

export const HINTS: readonly PayloadHint[] = ["json", "env", "text", "raw"];

/**
 * The value in a payload. `json` and `env` give a document, `text` a text without spaces around it, `raw` the very
 * text. A payload is never expanded: a password may hold `$`.
 *
 * @throws DativoError DTV_CONFIG_INVALID for JSON that does not parse; the payload is not part of the message.
 */
export function parsePayload(payload: string, hint: PayloadHint, culprit: string): SecretValue {
  switch (hint) {
    case "raw":
      return payload;
    case "text":
      return payload.trim();
    case "json":
      return parseJsonPayload(payload, culprit);
    case "env":
      return parseEnvLines(payload);
    default:
      return parseByLooks(payload);
  }
}

function parseByLooks(payload: string): SecretValue {
  const text = payload.trim();
  if (/^[{[]/.test(text)) {
    try {
      return asSecret(JSON.parse(text), text);
    } catch {
      return text;
    }
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const isEnv = lines.length > 1 && lines.every((line) => /^\s*(#|(export\s+)?[A-Za-z_]\w*\s*=)/.test(line));
  return isEnv ? parseEnvLines(text) : text;
}

function parseJsonPayload(payload: string, culprit: string): SecretValue {
  try {
    return asSecret(JSON.parse(payload), payload.trim());
  } catch {
    throw new DativoError("DTV_CONFIG_INVALID", `The secret in ${culprit} is marked as JSON and does not parse`, {
      culprit,
    });
  }
}

/** Documents stay documents; a bare JSON text is that text, and a list is the text it was written as. */
function asSecret(value: unknown, written: string): SecretValue {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as SecretValue) : written;
}

function parseEnvLines(payload: string): SecretValue {
  const entries = payload.split(/\r?\n/).flatMap((line): [string, string][] => {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    return match ? [[match[1] as string, withoutQuotes(match[2] as string)]] : [];
  });
  return Object.fromEntries(entries);
}

function withoutQuotes(text: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(text);
  return quoted ? (quoted[2] as string) : text;
}
