/** A value that no cell holds exactly. Who knows which record it belongs to makes an error of it. */
export class UnfitValue extends Error {
  /** From the first that was asked for. */
  readonly index: number;

  /** @param reason the end of a sentence: `is finer than a microsecond` */
  constructor(index: number, reason: string) {
    super(reason);
    this.index = index;
  }
}
