import { DativoError } from "./errors.ts";
import { stringifyJson } from "./json.ts";
import type { Place } from "./provenance.ts";

/** One thing that is wrong with a record. */
export interface Fault {
  /** Null when the record as a whole is at fault. */
  readonly column: string | null;
  /** `type`, `required`, `enum`, `pattern`, `minimum`, `fields`, `encoding` … */
  readonly rule: string;
  /** One sentence for people. */
  readonly reason: string;
}

/** A record that failed: where it stands, what it was, and every fault found in it. */
export interface Reject extends Place {
  /** In the order of the contract's fields; never empty. */
  readonly faults: readonly Fault[];
  /** The record as JSON text, where the source has no bytes of it. */
  readonly record?: string;
}

/** @throws DativoError DTV_PLUGIN_RESULT for what a stage hands over that cannot be kept; `stage` names it */
export function requireReject(value: unknown, stage: string): asserts value is Reject {
  if (isReject(value)) return;
  const message = `${stage}: reject() takes { source, faults: [{ column, rule, reason }] }, and nothing that JSON has not`;
  throw new DativoError("DTV_PLUGIN_RESULT", message, { culprit: stage });
}

function isReject(value: unknown): value is Reject {
  if (typeof value !== "object" || value === null) return false;
  const { source, faults, raw, ...rest } = value as Partial<Reject>;
  if (typeof source !== "string" || !Array.isArray(faults) || !faults.every(isFault)) return false;
  return (raw === undefined || raw instanceof Uint8Array) && Object.values(rest).every(isJson);
}

function isFault(value: unknown): value is Fault {
  if (typeof value !== "object" || value === null) return false;
  const { column = null, rule, reason, ...rest } = value as Partial<Fault>;
  if (typeof rule !== "string" || typeof reason !== "string") return false;
  return (column === null || typeof column === "string") && Object.values(rest).every(isJson);
}

function isJson(value: unknown): boolean {
  if (value === null || ["string", "number", "bigint", "boolean", "undefined"].includes(typeof value)) return true;
  try {
    stringifyJson(value);
    return true;
  } catch {
    return false;
  }
}
