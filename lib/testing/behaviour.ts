/** Says that a behaviour has nothing to hold to: why. */
export interface NotApplicable {
  readonly notApplicable: string;
}

/**
 * One thing that every component of a kind does; `run` throws when this one does not. Any test runner can call it. It
 * gives a reason where the component has no such side, or what it would take is not there.
 */
export interface Behaviour {
  readonly name: string;
  run(): Promise<NotApplicable | void>;
}

export function notApplicable(why: string): NotApplicable {
  return { notApplicable: why };
}

/** Fails a behaviour with a sentence that says what was expected. */
export function demand(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence);
}

/** Fails unless both are the same values; `what` names them in the message. */
export function demandSame(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [show(actual), show(expected)];
  if (a === b) return;
  const from = differsFrom(a, b);
  throw new Error(`${what}: expected ${shorten(b, from)}, got ${shorten(a, from)}`);
}

/** A little before the first difference. */
function differsFrom(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return a.length > MAX_SHOWN || b.length > MAX_SHOWN ? Math.max(0, at - 100) : 0;
}

const MAX_SHOWN = 300;

/** As JSON, and what JSON has not. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return `${inner}n`;
    if (inner instanceof Uint8Array) return `bytes ${Buffer.from(inner).toString("hex")}`;
    return typeof inner === "number" && !Number.isFinite(inner) ? String(inner) : inner;
  });
}

/** A part of a long text. */
export function shorten(text: string, from = 0): string {
  const part = text.slice(from, from + MAX_SHOWN);
  return `${from > 0 ? "…" : ""}${part}${from + part.length < text.length ? "…" : ""}`;
}
