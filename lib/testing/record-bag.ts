import { show } from "./behaviour.ts";

/** Records without an order, each as often as it is there. */
export type RecordBag = ReadonlyMap<string, number>;

export function bagOf(records: readonly unknown[]): RecordBag {
  const bag = new Map<string, number>();
  for (const record of records) {
    const key = show(sortKeys(record));
    bag.set(key, (bag.get(key) ?? 0) + 1);
  }
  return bag;
}

/** What of one bag is not in the other, which may have a record more often. */
export function lackingIn(bag: RecordBag, expected: RecordBag): string[] {
  return [...expected].flatMap(([record, times]) => ((bag.get(record) ?? 0) < times ? [record] : []));
}

export function isSameBag(one: RecordBag, other: RecordBag): boolean {
  return lackingIn(one, other).length + lackingIn(other, one).length === 0;
}

export function sizeOf(bag: RecordBag): number {
  return [...bag.values()].reduce((sum, times) => sum + times, 0);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
