/** Stands for a value that no cell can hold exactly, until it is known which record it belongs to. */
export class Unfit {
  /** The end of a sentence: `is finer than a microsecond`. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Position of the first such value, or -1. */
export function findUnfit(cells: readonly unknown[]): number {
  for (let i = 0; i < cells.length; i++) if (cells[i] instanceof Unfit) return i;
  return -1;
}
