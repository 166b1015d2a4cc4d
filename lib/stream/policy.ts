import { DativoError } from "../contract/errors.ts";
import { describePlace } from "../contract/provenance.ts";
import type { Reject } from "../contract/reject.ts";

/** What rejected records mean for a run (DESIGN: contract checking). */
export interface RejectPolicy {
  /** `strict`: one rejected record and nothing is published. `warn`: good records are published. */
  readonly mode: "strict" | "warn";
  /** In `warn`: more rejected records than this and nothing is published. */
  readonly maxErrors?: number | undefined;
  /** In `warn`: a greater share of rejected records than this and nothing is published. 0 to 1. */
  readonly maxErrorRate?: number | undefined;
}

/** Without a contract stage, a record that cannot be read is no less wrong. */
const STRICT: RejectPolicy = { mode: "strict" };

/** A strict run reads on to report what is wrong, up to this many rejected records. */
export const STRICT_REPORT_LIMIT = 10_000;

const SHOWN_REJECTS = 5;

/** Counts rejects and says what they mean. */
export class Verdict {
  policy: RejectPolicy = STRICT;
  rejected = 0;
  /** What stays published whatever comes: nothing, what was committed at a checkpoint, or all that was written before. */
  published: Published = "nothing";
  readonly #shown: Reject[] = [];

  add(rejects: readonly Reject[]): void {
    this.rejected += rejects.length;
    this.#shown.push(...rejects.slice(0, SHOWN_REJECTS - this.#shown.length));
  }

  /** True once nothing of the run can be published any more, whatever still comes. */
  get isLost(): boolean {
    if (this.policy.mode === "strict") return this.rejected > 0;
    return this.policy.maxErrors !== undefined && this.rejected > this.policy.maxErrors;
  }

  /** True when reading on would tell nothing more. */
  get isHopeless(): boolean {
    return this.policy.mode === "strict" ? this.rejected >= STRICT_REPORT_LIMIT : this.isLost;
  }

  /** The error of a run that has read `read` records, or undefined when it may publish. */
  error(read: number): DativoError | undefined {
    const reason = this.#reason(read);
    if (!reason) return undefined;
    const lines = this.#shown.map((reject) => `  ${describeReject(reject)}`);
    const more = this.rejected - this.#shown.length;
    if (more > 0) lines.push(`  … and ${more} more`);
    return new DativoError(
      "DTV_CONTRACT_VIOLATED",
      `${reason}; ${whatIsPublished(this.published)}\n${lines.join("\n")}`,
      {
        hint:
          this.policy.mode === "strict"
            ? "Mend the records or the contract, or publish the good ones with `schema_validation_mode: warn`."
            : "Mend the records, or raise max_errors or max_error_rate.",
        details: { rejected: this.rejected, read, mode: this.policy.mode },
      },
    );
  }

  #reason(read: number): string | undefined {
    const { mode, maxErrors, maxErrorRate } = this.policy;
    if (this.rejected === 0) return undefined;
    const bad = `${this.rejected} of ${read} records ${this.rejected === 1 ? "is" : "are"} bad`;
    if (mode === "strict") return this.isHopeless ? `The first ${bad}, and reading stopped there` : bad;
    if (maxErrors !== undefined && this.rejected > maxErrors) return `${bad}, more than max_errors: ${maxErrors}`;
    if (maxErrorRate !== undefined && this.rejected > maxErrorRate * read) {
      return `${bad}, more than max_error_rate: ${maxErrorRate}`;
    }
    return undefined;
  }
}

export type Published = "nothing" | "checkpoints" | "before";

const PUBLISHED: Readonly<Record<Published, string>> = {
  nothing: "nothing was published",
  checkpoints: "nothing was published since the last checkpoint",
  before: "what was written before them cannot be taken back",
};

/** What is visible of a run that failed. */
export function whatIsPublished(published: Published): string {
  return PUBLISHED[published];
}

/** Where a rejected record stands, and what is wrong with it. */
export function describeReject(reject: Reject): string {
  const [first, ...others] = reject.faults;
  if (!first) return describePlace(reject);
  const column = first.column === null ? "" : `${first.column}: `;
  const also = others.length > 0 ? ` (and ${others.length} more)` : "";
  return `${describePlace(reject)}: ${column}${first.reason}${also}`;
}
