import { isByCursor } from "../cursor.ts";
import type { Position } from "../results.ts";
import type { IncrementalStateManager } from "../state.ts";

const NANOS_PER_DAY = 86_400_000_000_000n;

interface Dated {
  readonly mtimeNs: string;
}

/**
 * The files that are not trusted by size and time, because a job looks back: those modified so few days before the
 * newest file that was loaded. Clocks are coarse, and a copy may bring an older time with it.
 */
export class RecentFiles {
  readonly #nanos: bigint;
  #newest: { readonly of: IncrementalStateManager["positions"]; readonly nanos: bigint } | undefined;

  /** A look-back over a cursor is about records. */
  constructor(incremental: Readonly<Record<string, unknown>> | null) {
    const days = isByCursor(incremental?.["strategy"]) ? 0 : Number(incremental?.["lookback_days"] ?? 0);
    this.#nanos = BigInt(days) * NANOS_PER_DAY;
  }

  has({ mtimeNs }: Dated, state: IncrementalStateManager | undefined): boolean {
    if (this.#nanos === 0n || !state) return false;
    return BigInt(mtimeNs) >= this.#newestOf(state.positions) - this.#nanos;
  }

  #newestOf(positions: IncrementalStateManager["positions"]): bigint {
    if (this.#newest?.of !== positions) this.#newest = { of: positions, nanos: newestIn(Object.values(positions)) };
    return this.#newest.nanos;
  }
}

/** A job may have had another reader, whose positions say nothing of time. */
function newestIn(positions: readonly Position[]): bigint {
  const times = positions.map((position) => BigInt((position as Dated | null)?.mtimeNs ?? 0));
  return times.reduce((newest, time) => (time > newest ? time : newest), 0n);
}
