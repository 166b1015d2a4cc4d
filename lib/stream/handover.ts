import { DativoError } from "../contract/errors.ts";

/** Hands written chunks to one consumer, one at a time; a chunk is acknowledged when the next one is asked for. */
export class Handover<T> implements AsyncIterableIterator<T> {
  #offer: { value: T; taken: () => void } | undefined;
  #acknowledge: (() => void) | undefined;
  #ended = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  put(value: T, taken: () => void): void {
    this.#offer = { value, taken };
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = { error: error ?? new DativoError("DTV_CANCELLED", "The stream was destroyed") };
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<T>> {
    this.#acknowledge?.();
    this.#acknowledge = undefined;
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      if (this.#offer) {
        const { value, taken } = this.#offer;
        this.#offer = undefined;
        this.#acknowledge = taken;
        return { value, done: false };
      }
      if (this.#ended) return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  async return(): Promise<IteratorResult<T>> {
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
