import { IDENTITY_BYTES } from "../../lib/contract/cursor-state.ts";

/** How often each record was seen, by the day of its cursor, so that days can be forgotten. */
export class IdentityCounts {
  readonly #days = new Map<string, Map<string, number>>();
  #size = 0;

  static parse(identities: Readonly<Record<string, string>>): IdentityCounts {
    const counts = new IdentityCounts();
    for (const [day, text] of Object.entries(identities)) {
      const hashes = Buffer.from(text, "base64").toString("latin1");
      for (let at = 0; at < hashes.length; at += IDENTITY_BYTES) counts.add(day, hashes.slice(at, at + IDENTITY_BYTES));
    }
    return counts;
  }

  /** How many different records are held. */
  get size(): number {
    return this.#size;
  }

  get(day: string, hash: string): number {
    return this.#days.get(day)?.get(hash) ?? 0;
  }

  /** Counts one more of a record, and says how many there are now. */
  add(day: string, hash: string): number {
    const count = this.get(day, hash) + 1;
    this.raise(day, hash, count);
    return count;
  }

  /** Sees to it that a record is counted no less than so often. */
  raise(day: string, hash: string, count: number): void {
    const hashes = this.#days.get(day) ?? new Map<string, number>();
    this.#days.set(day, hashes);
    const before = hashes.get(hash) ?? 0;
    if (before === 0) this.#size++;
    if (count > before) hashes.set(hash, count);
  }

  /** Forgets the days before one, or with none everything. */
  forgetBefore(first: string | undefined): void {
    for (const [day, hashes] of this.#days) {
      if (first !== undefined && day >= first) continue;
      this.#size -= hashes.size;
      this.#days.delete(day);
    }
  }

  /** Both together; a record that both have seen was seen as often as by the one that saw more. */
  merge(other: IdentityCounts): void {
    for (const [day, hashes] of other.#days) for (const [hash, count] of hashes) this.raise(day, hash, count);
  }

  /** In one order, whatever the order in which they came. */
  format(): Record<string, string> {
    const days = [...this.#days].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(days.map(([day, hashes]) => [day, formatHashes(hashes)]));
  }
}

function formatHashes(hashes: ReadonlyMap<string, number>): string {
  const sorted = [...hashes].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(sorted.map(([hash, count]) => hash.repeat(count)).join(""), "latin1").toString("base64");
}
