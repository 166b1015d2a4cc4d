import type { Batch } from "../contract/batch.ts";
import type { Provenance } from "../contract/provenance.ts";
import type { NativeRows } from "./native-rows.ts";

/** The columns of a source that no contract names. */
export interface FoundColumns {
  readonly names: readonly string[];
  /** Where they are known. */
  readonly types?: readonly string[];
  /** The batch that a library's rows are; `position` is what it says of them. */
  batchOf(rows: NativeRows, provenance: Provenance, position: unknown): Batch;
}
