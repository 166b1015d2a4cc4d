import { v7 } from "uuid";

/** UUID v7 (RFC 9562 §5.7): ordered by time, and random enough that two runs of one instant differ. */
export function newRunId(): string {
  return v7();
}
