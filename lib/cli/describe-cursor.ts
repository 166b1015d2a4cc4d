import type { KnownCursor } from "../job/job-cursor.ts";
import { formatNumberOf } from "./human.ts";

/** `updated_at up to 2026-03-01T…, looks back 7 days; 120 records remembered from 2026-02-22T… on`. */
export function describeCursor({ field, lookbackDays, high, from, remembered }: KnownCursor): string {
  const back = lookbackDays > 0 ? `, looks back ${formatNumberOf(lookbackDays, "day")}` : "";
  if (high === undefined) return `${field}${back}; nothing loaded by it yet`;
  return `${field} up to ${high}${back}; ${formatNumberOf(remembered, "record")} remembered from ${from} on`;
}
