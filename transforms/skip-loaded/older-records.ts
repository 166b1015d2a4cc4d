import type { Ordinal } from "../../lib/contract/cursor.ts";

interface Tally {
  count: number;
  oldest: Ordinal;
}

/**
 * Records before the window. A file that has grown repeats what it had, which is no news; one that has more old records
 * than it had records brings some that came late, and a file that is new can bring nothing else.
 */
export class OlderRecords {
  readonly #rowsBefore: (file: string) => number;
  readonly #tallies = new Map<string | undefined, Tally>();

  constructor(rowsBefore: (file: string) => number) {
    this.#rowsBefore = rowsBefore;
  }

  /** `oldest` is the oldest of them. */
  add(file: string | undefined, count: number, oldest: Ordinal): void {
    const tally = this.#tallies.get(file);
    if (!tally) this.#tallies.set(file, { count, oldest });
    else {
      tally.count += count;
      if (oldest < tally.oldest) tally.oldest = oldest;
    }
  }

  get count(): number {
    return sum([...this.#tallies.values()].map(({ count }) => count));
  }

  /** At least so many came late, or stand in another file as well. */
  get late(): number {
    return sum([...this.#tallies].map(([file, tally]) => this.#lateOf(file, tally)));
  }

  /** The oldest record of the files that have late ones. */
  get oldestLate(): Ordinal | undefined {
    const oldest = [...this.#tallies]
      .filter(([file, tally]) => this.#lateOf(file, tally) > 0)
      .map(([, tally]) => tally.oldest);
    return oldest.length === 0 ? undefined : oldest.reduce((a, b) => (b < a ? b : a));
  }

  #lateOf(file: string | undefined, { count }: Tally): number {
    return Math.max(0, count - (file === undefined ? 0 : this.#rowsBefore(file)));
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
