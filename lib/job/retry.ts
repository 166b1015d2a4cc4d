import { setTimeout } from "node:timers/promises";
import type { RetryPolicy } from "../config/job/loaded-job.ts";
import { systemCode, toDativoError } from "../contract/errors.ts";
import { cancelled } from "./cancelled.ts";
import type { Receipt } from "./receipt.ts";

/** A try that failed and was repeated. */
export type FailedAttempt = Receipt["failedAttempts"][number];

/** What says that a network or a server was at fault, which may pass (errno(3)). */
const TRANSIENT_CODES = [
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "EBUSY",
];

/** What no repeat can mend, whatever its text: the job, its data, and a wish of the user. */
const NEVER = ["config", "data", "cancelled"];

/** True when the same run may succeed if it is made once more. */
export async function isWorthRepeating(error: unknown, { patterns }: RetryPolicy): Promise<boolean> {
  const { consequence } = toDativoError(error, "DTV_INTERNAL", "");
  if (NEVER.includes(consequence)) return false;
  const chain = causesOf(error);
  if (chain.some(isTransient)) return true;
  if (patterns.length === 0) return false;
  const { RE2JS } = await import("re2js");
  const texts = chain.map((cause) => (cause instanceof Error ? cause.message : String(cause)));
  return patterns.some((pattern) => {
    const matcher = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
    return texts.some((text) => matcher.matcher(text).find());
  });
}

/**
 * How long to wait before a repeat: it grows from one to the next, and is shortened by up to a half at random, so that
 * jobs which failed together do not come back together. A server that says how long is believed.
 *
 * @param failures how many tries have failed, from 1.
 */
export function delayBefore(failures: number, error: unknown, policy: RetryPolicy, random = Math.random): number {
  const { initialDelayMs, maxDelayMs, backoffMultiplier } = policy;
  const grown = Math.min(maxDelayMs, initialDelayMs * backoffMultiplier ** (failures - 1));
  const asked = Math.max(0, ...causesOf(error).map(retryAfterMs));
  return Math.round(Math.max(grown * (1 - random() / 2), asked));
}

/** Waits, unless the run is cancelled meanwhile. @throws DativoError DTV_CANCELLED */
export async function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(delayMs, undefined, signal && { signal });
  } catch (cause) {
    throw cancelled(signal, cause, " between two tries");
  }
}

function isTransient(error: unknown): boolean {
  const { retryable } = error as { retryable?: unknown };
  return retryable === true || TRANSIENT_CODES.includes(systemCode(error) ?? "");
}

/** Seconds that an error of a plugin, or of a client of a server, names as `retryAfter`. */
function retryAfterMs(error: unknown): number {
  const { retryAfter } = error as { retryAfter?: unknown };
  return typeof retryAfter === "number" && Number.isFinite(retryAfter) ? retryAfter * 1000 : 0;
}

/** An error, what it was caused by, and so on. */
function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let at = error; at !== undefined && at !== null && !chain.includes(at); at = (at as Error).cause) chain.push(at);
  return chain;
}
