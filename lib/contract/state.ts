import type { Position } from "./results.ts";
import { StagedValues } from "./staged-values.ts";

type StateBag = Record<string, unknown>;

/**
 * What a reader knows of earlier runs, and where it notes what the next run should know.
 *
 * Everything written here is a staged copy: the engine saves it after the commit, and only then. The methods that
 * take a path work on the same copy, under that path as a key; they write no file.
 */
export class IncrementalStateManager {
  /** The last committed position of the split that is being read; undefined on a first run. */
  readonly position: Position | undefined;
  /** The last committed positions of all splits, by their ids. */
  readonly positions: Readonly<Record<string, Position>>;
  /** The staged copy, which all splits of a reading have in common. */
  readonly staged: StagedValues;
  readonly #copied = new Set<string>();

  constructor(
    position?: Position,
    values: Readonly<StateBag> | StagedValues = {},
    positions: Readonly<Record<string, Position>> = {},
  ) {
    this.position = position;
    this.positions = positions;
    this.staged = values instanceof StagedValues ? values : new StagedValues(values);
  }

  get(key: string): unknown {
    const value = this.staged.get(key);
    if (value === undefined || this.#copied.has(key)) return value;
    // A reader may change what it gets; neither what was committed nor what another split saw must change with it.
    const copy: unknown = structuredClone(value);
    this.set(key, copy);
    return copy;
  }

  set(key: string, value: unknown): void {
    this.#copied.add(key);
    this.staged.set(key, value);
  }

  /** The staged copy as it stands. */
  values(): StateBag {
    return this.staged.snapshot()();
  }

  readState(statePath: string): StateBag {
    return structuredClone((this.staged.get(statePath) ?? {}) as StateBag);
  }

  writeState(statePath: string, state: StateBag): void {
    this.set(statePath, structuredClone(state));
  }

  /** True when the file is no newer than at the last load, a look-back window of days left aside. */
  shouldSkipFile(fileId: string, modifiedTime: string, statePath: string, lookbackDays = 0): boolean {
    const entry = this.staged.entry(statePath, `file_${fileId}`) as { last_modified?: string } | undefined;
    if (entry?.last_modified === undefined) return false;
    return instant(modifiedTime) <= instant(entry.last_modified) - lookbackDays * 86_400_000;
  }

  updateFileState(fileId: string, modifiedTime: string, statePath: string): void {
    this.staged.setEntry(statePath, `file_${fileId}`, { last_modified: modifiedTime, file_id: fileId });
  }
}

/** Milliseconds since 1970; times are compared as times, not as text. */
function instant(text: string): number {
  const millis = Date.parse(text);
  if (Number.isNaN(millis)) throw new RangeError(`'${text}' is not a time`);
  return millis;
}
