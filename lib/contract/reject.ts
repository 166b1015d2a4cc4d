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
