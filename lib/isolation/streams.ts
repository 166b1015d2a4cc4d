type Source<T> = AsyncIterator<T> | Iterator<T>;

/** What is to be walked through, by the numbers that the other process knows it by. */
export class Streams<T> {
  readonly #sources = new Map<unknown, Source<T>>();
  #last = 0;

  add(source: Source<T>): number {
    this.#sources.set(++this.#last, source);
    return this.#last;
  }

  async next(id: unknown): Promise<IteratorResult<T>> {
    return (this.#sources.get(id) as Source<T>).next();
  }

  /** Whether it has come to its end or not. */
  async end(id: unknown): Promise<void> {
    const source = this.#sources.get(id);
    this.#sources.delete(id);
    await source?.return?.();
  }
}
