/** Fetches the next chunk while the last one is looked at. */
export async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    let coming = chunks.next();
    for (;;) {
      const { value, done } = await coming;
      if (done) return;
      coming = chunks.next();
      // Its fault is thrown when it is awaited, which may be after this tick.
      coming.catch(() => {});
      yield value;
    }
  } finally {
    await chunks.return?.();
  }
}
