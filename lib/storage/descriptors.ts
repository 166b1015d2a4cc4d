/** Files that have a descriptor at a time: far below any limit of a process (`ulimit -n`), and enough to work with. */
const MAX_OPEN = 16;

/** Something that is open, and can be closed and opened again. */
export interface Descriptor {
  /** Being used at this moment. */
  readonly isBusy: boolean;
  close(): Promise<void>;
}

/** Keeps few of many files open, and closes those that were not used for the longest time. */
export class Descriptors {
  readonly #open = new Set<Descriptor>();

  /** Says that one is used now; others may be closed for it. */
  async use(descriptor: Descriptor): Promise<void> {
    this.#open.delete(descriptor);
    this.#open.add(descriptor);
    for (const other of this.#open) {
      if (this.#open.size <= MAX_OPEN) return;
      if (other.isBusy) continue;
      this.#open.delete(other);
      await other.close();
    }
  }

  forget(descriptor: Descriptor): void {
    this.#open.delete(descriptor);
  }
}
