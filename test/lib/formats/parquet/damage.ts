/** A seeded generator of random numbers: a damaged file that fails a test can be made again. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to `limit`, exclusive (mulberry32). */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }
}

/** A copy with some bytes changed, most often near the end, where the footer is; or cut off, or with bytes put in. */
export function damage(file: Buffer, dice: Dice): Buffer {
  const copy = Buffer.from(file);
  switch (dice.below(12)) {
    case 0:
      return copy.subarray(0, dice.below(copy.length));
    case 1: {
      const at = dice.below(copy.length);
      const some = Buffer.alloc(1 + dice.below(8), dice.below(256));
      return Buffer.concat([copy.subarray(0, at), some, copy.subarray(at)]);
    }
    default:
      for (let flips = 1 + dice.below(4); flips > 0; flips--) change(copy, dice);
      return copy;
  }
}

function change(bytes: Buffer, dice: Dice): void {
  const span = dice.below(2) === 0 ? Math.min(bytes.length, 2000) : bytes.length;
  const at = bytes.length - 1 - dice.below(span);
  const extremes = [0, 1, 0x7f, 0x80, 0xff];
  const old = bytes[at] as number;
  bytes[at] = dice.below(3) === 0 ? (extremes[dice.below(extremes.length)] as number) : old ^ (1 << dice.below(8));
}
