/** One thing that every component of a kind does; `run` throws when this one does not. Any test runner can call it. */
export interface Behaviour {
  readonly name: string;
  run(): Promise<void>;
}

/** Fails a behaviour with a sentence that says what was expected. */
export function demand(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence);
}

/** Fails unless both are the same values; `what` names them in the message. */
export function demandSame(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [show(actual), show(expected)];
  if (a !== b) throw new Error(`${what}: expected ${shorten(b)}, got ${shorten(a)}`);
}

/** As JSON, and what JSON has not. */
export function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return `${inner}n`;
    if (inner instanceof Uint8Array) return `bytes ${Buffer.from(inner).toString("hex")}`;
    return typeof inner === "number" && !Number.isFinite(inner) ? String(inner) : inner;
  });
}

/** The beginning of a long text. */
export function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
