import type { Budget, Reservation } from "../../lib/contract/context.ts";
import type { CursorOrder, Ordinal } from "../../lib/contract/cursor.ts";
import type { CursorState } from "../../lib/contract/cursor-state.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { IdentityCounts } from "./identity-counts.ts";

/** How many records are remembered at most: some 20 MB of state, which every commit carries. */
export const MAX_IDENTITIES = 500_000;

/** What an identity costs in two Maps: its text, and an entry in each. */
const IDENTITY_COST_BYTES = 128;
const RESERVED_AT_ONCE = 8192;

/** Identities of values that have no day are under one name. */
const NO_DAY = "high";

export interface WindowInit {
  readonly field: string;
  readonly order: CursorOrder;
  readonly lookbackDays: number;
  /** What earlier runs have loaded. */
  readonly before: CursorState | undefined;
  /** True when no record of one source can have the identity of another. */
  readonly isKeyed: boolean;
  readonly limit?: number | undefined;
}

/**
 * The records that earlier runs loaded, as far back as a job looks, and those that the next run will have to know.
 *
 * What earlier runs loaded stands still while a run goes on: records of one run are never taken for repetitions of each
 * other. Where the whole record is the identity, equal ones are told apart by their number: the third of three in a
 * file is new when the file had two.
 */
export class LoadedWindow {
  /** Records before this are older than the window; undefined on a first run. */
  readonly floor: Ordinal | undefined;
  /** The highest value that earlier runs loaded. */
  readonly highBefore: Ordinal | undefined;
  readonly #init: WindowInit;
  readonly #remembered: IdentityCounts;
  readonly #fresh = new IdentityCounts();
  /** What the file that is read has had so far, of the values that earlier runs loaded and of those above. */
  readonly #repeats = { known: newRepeats(), above: newRepeats() };
  readonly #reservations: Reservation[] = [];
  #high: Ordinal | undefined;
  #low: Ordinal | undefined;
  #day: { readonly of: Ordinal; readonly name: string } | undefined;

  constructor(init: WindowInit) {
    const { order, before, lookbackDays } = init;
    this.#init = init;
    this.#remembered = IdentityCounts.parse(before?.identities ?? {});
    if (before === undefined || before.high === null) return;
    const high = order.parse(before.high);
    this.highBefore = high;
    // A look-back that became larger reaches back no further than what is remembered.
    this.floor = later(this.#before(high, lookbackDays), before.from === null ? high : order.parse(before.from));
    this.#high = high;
    this.#low = this.#before(high, lookbackDays);
  }

  get high(): Ordinal | undefined {
    return this.#high;
  }

  /** Below this nothing has to be remembered; undefined before the first value. */
  get low(): Ordinal | undefined {
    return this.#low;
  }

  /** Whether earlier runs have come so far. */
  wasReached(value: Ordinal): boolean {
    return this.highBefore !== undefined && value <= this.highBefore;
  }

  /** A value was seen: when it is the highest so far, the window moves on. */
  advance(value: Ordinal): void {
    if (this.#high !== undefined && value <= this.#high) return;
    this.#high = value;
    this.#low = this.#before(value, this.#init.lookbackDays);
    const first = this.#looksBack ? this.#dayOf(this.#low) : undefined;
    this.#fresh.forgetBefore(first);
    this.#repeats.above.counts.forgetBefore(first);
  }

  /** Whether a record of this value, which is none older than the window, has to be identified. */
  concerns(value: Ordinal): boolean {
    return this.wasReached(value) || this.#isInWindow(value);
  }

  /**
   * Whether earlier runs loaded this record; remembers one that they did not. Records of a file come one after another,
   * those that earlier runs have not come to perhaps later than the others.
   *
   * @throws DativoError DTV_CURSOR_LIMIT
   */
  isLoaded(value: Ordinal, hash: string, file: string | undefined, budget: Budget): boolean {
    const day = this.#dayOf(value);
    const count = this.#init.isKeyed ? 1 : this.#repeatsOf(value, file).add(day, hash);
    if (count <= this.#remembered.get(day, hash)) return true;
    if (this.#isInWindow(value)) this.#fresh.raise(day, hash, count);
    this.#reserve(budget);
    return false;
  }

  /** What the next run has to know. */
  state(): Pick<CursorState, "high" | "from" | "identities"> {
    const { order } = this.#init;
    if (this.#high === undefined || this.#low === undefined) return { high: null, from: null, identities: {} };
    const from = later(this.#low, this.floor);
    const known = new IdentityCounts();
    if (this.#looksBack || this.#high === this.highBefore) known.merge(this.#remembered);
    known.merge(this.#fresh);
    if (this.#looksBack) known.forgetBefore(this.#dayOf(from));
    return { high: order.format(this.#high), from: order.format(from), identities: known.format() };
  }

  close(): void {
    for (const reservation of this.#reservations.splice(0)) reservation.release();
  }

  #repeatsOf(value: Ordinal, file: string | undefined): IdentityCounts {
    const repeats = this.#repeats[this.wasReached(value) ? "known" : "above"];
    if (repeats.file !== file) {
      repeats.file = file;
      repeats.counts.forgetBefore(undefined);
    }
    return repeats.counts;
  }

  #isInWindow(value: Ordinal): boolean {
    return this.#low !== undefined && value >= this.#low;
  }

  get #looksBack(): boolean {
    return this.#init.lookbackDays > 0;
  }

  #before(value: Ordinal, days: number): Ordinal {
    return days === 0 ? value : (this.#init.order.calendar?.before(value, days) ?? value);
  }

  /** Values of a day stand together, usually. */
  #dayOf(value: Ordinal): string {
    const { calendar } = this.#init.order;
    if (!calendar) return NO_DAY;
    if (this.#day?.of !== value) this.#day = { of: value, name: calendar.dayOf(value) };
    return this.#day.name;
  }

  #reserve(budget: Budget): void {
    const { field, limit = MAX_IDENTITIES } = this.#init;
    const { known, above } = this.#repeats;
    const count = Math.max(this.#remembered.size + this.#fresh.size, known.counts.size + above.counts.size);
    if (count > limit) throw this.#tooMany(`more than the limit of ${limit}`, field);
    if (count <= this.#reservations.length * RESERVED_AT_ONCE) return;
    const reservation = budget.tryReserve(RESERVED_AT_ONCE * IDENTITY_COST_BYTES);
    if (!reservation) throw this.#tooMany(`${count} so far, and --memory has no room for more`, field);
    this.#reservations.push(reservation);
  }

  #tooMany(howMany: string, field: string): DativoError {
    const { lookbackDays } = this.#init;
    const where = this.#looksBack
      ? `lie within the ${lookbackDays} days that '${field}' looks back`
      : `have the highest value of '${field}'`;
    return new DativoError("DTV_CURSOR_LIMIT", `Too many records ${where} to remember them: ${howMany}`, {
      culprit: field,
      hint: `Take ${this.#looksBack ? "a smaller lookback_days, or " : ""}a finer cursor_field, which fewer records have in common.`,
    });
  }
}

interface Repeats {
  file: string | undefined;
  readonly counts: IdentityCounts;
}

function newRepeats(): Repeats {
  return { file: undefined, counts: new IdentityCounts() };
}

function later(one: Ordinal, other: Ordinal | undefined): Ordinal {
  return other !== undefined && other > one ? other : one;
}
