import type { Budget, Reservation } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";

const MIB = 1024 * 1024;

/** What Node and the libraries occupy before the first record, of the limit for resident memory. */
const FLOOR_BYTES = 96 * MIB;

/** The limit for resident memory when none is given. */
export const DEFAULT_MEMORY_BYTES = 256 * MIB;

interface Waiter {
  readonly bytes: number;
  grant(): void;
}

/**
 * Memory for batches in flight and for writers' buffers, in bytes.
 *
 * A reader leases the size of a batch before it emits it and waits while there is no room. A batch larger than the
 * whole budget passes alone. A writer never waits: it is refused, and flushes.
 */
export class MemoryBudget implements Budget {
  readonly limitBytes: number;
  #leased = 0;
  #reserved = 0;
  readonly #waiters: Waiter[] = [];

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /**
   * Half of what a limit for resident memory leaves above the floor.
   *
   * @throws DativoError DTV_MEMORY_LIMIT when nothing is left.
   */
  static forResidentLimit(residentBytes: number): MemoryBudget {
    if (residentBytes <= FLOOR_BYTES) {
      throw new DativoError(
        "DTV_MEMORY_LIMIT",
        `A limit of ${Math.floor(residentBytes / MIB)} MiB leaves no room for records`,
        {
          hint: `Node and the libraries need ${FLOOR_BYTES / MIB} MiB; the default is ${DEFAULT_MEMORY_BYTES / MIB} MiB.`,
        },
      );
    }
    return new MemoryBudget((residentBytes - FLOOR_BYTES) / 2);
  }

  /** Bytes that are out. */
  get usedBytes(): number {
    return this.#leased + this.#reserved;
  }

  /** Room for a batch; resolves when there is some. Rejects when the signal fires. */
  async lease(bytes: number, signal: AbortSignal): Promise<Reservation> {
    signal.throwIfAborted();
    if (this.#waiters.length > 0 || !this.#hasRoom(bytes)) await this.#wait(bytes, signal);
    else this.#leased += bytes;
    return this.#handle(bytes, () => {
      this.#leased -= bytes;
    });
  }

  /** Half of the budget is for buffers whatever is in flight: else one large batch would decide what an index may hold. */
  tryReserve(bytes: number): Reservation | undefined {
    const reserved = this.#reserved + bytes;
    if (reserved > this.limitBytes / 2 && reserved + this.#leased > this.limitBytes) return undefined;
    this.#reserved += bytes;
    return this.#handle(bytes, () => {
      this.#reserved -= bytes;
    });
  }

  /** Nothing else in flight is always room: writers' buffers alone must not stop the reader that would fill them. */
  #hasRoom(bytes: number): boolean {
    return this.#leased === 0 || this.usedBytes + bytes <= this.limitBytes;
  }

  #wait(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal.removeEventListener("abort", abort);
          this.#leased += bytes;
          resolve();
        },
      };
      this.#waiters.push(waiter);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #handle(bytes: number, giveBack: () => void): Reservation {
    let held = true;
    return {
      bytes,
      release: () => {
        if (!held) return;
        held = false;
        giveBack();
        this.#grantWaiting();
      },
    };
  }

  #grantWaiting(): void {
    for (let next = this.#waiters[0]; next && this.#hasRoom(next.bytes); next = this.#waiters[0]) {
      this.#waiters.shift();
      next.grant();
    }
  }
}

/** The budget that every stream of this process shares unless it is given another. */
export const processBudget: MemoryBudget = MemoryBudget.forResidentLimit(DEFAULT_MEMORY_BYTES);
