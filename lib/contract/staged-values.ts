type StateBag = Record<string, unknown>;

/**
 * What the splits of one reading note for the next run. How things stood at a checkpoint can be told later, and a
 * checkpoint costs no more for all that was noted before it: many readers note something of every file.
 */
export class StagedValues {
  readonly #slots: Map<string, Slot>;

  constructor(values: Readonly<StateBag> = {}) {
    this.#slots = new Map(Object.entries(values).map(([key, value]) => [key, new Slot(value)]));
  }

  get(key: string): unknown {
    const slot = this.#slots.get(key);
    const value = slot?.valueAt(slot.changes);
    if (slot && slot.changes > 0) this.set(key, value);
    return value;
  }

  set(key: string, value: unknown): void {
    this.#slots.set(key, new Slot(value));
  }

  /** One entry of a value that is an object. */
  entry(key: string, name: string): unknown {
    return this.#slots.get(key)?.entry(name);
  }

  /** Sets one entry of a value that is an object, without a copy of the others; undefined removes it. */
  setEntry(key: string, name: string, value: unknown): void {
    if (!this.#slots.has(key)) this.set(key, {});
    this.#slots.get(key)?.setEntry(name, value);
  }

  /** How things stand now, put together when it is called. */
  snapshot(): () => StateBag {
    const stand = [...this.#slots].map(([key, slot]) => ({ key, slot, changes: slot.changes }));
    return () => Object.fromEntries(stand.map(({ key, slot, changes }) => [key, slot.valueAt(changes)]));
  }
}

/** A value, and the entries that were set in it since, in their order. */
class Slot {
  readonly #value: unknown;
  readonly #log: [name: string, value: unknown][] = [];
  readonly #latest = new Map<string, unknown>();

  constructor(value: unknown) {
    this.#value = value;
  }

  get changes(): number {
    return this.#log.length;
  }

  entry(name: string): unknown {
    if (this.#latest.has(name)) return this.#latest.get(name);
    const bag = bagOf(this.#value);
    return Object.hasOwn(bag, name) ? bag[name] : undefined;
  }

  setEntry(name: string, value: unknown): void {
    this.#log.push([name, value]);
    this.#latest.set(name, value);
  }

  valueAt(changes: number): unknown {
    if (changes === 0) return this.#value;
    const entries = new Map(Object.entries(bagOf(this.#value)));
    for (const [name, value] of this.#log.slice(0, changes)) {
      if (value === undefined) entries.delete(name);
      else entries.set(name, value);
    }
    return Object.fromEntries(entries);
  }
}

function bagOf(value: unknown): StateBag {
  return (value ?? {}) as StateBag;
}
