import type { Position } from "./results.ts";

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
  readonly #values: Map<string, unknown>;

  constructor(position?: Position, values: Readonly<StateBag> = {}) {
    this.position = position;
    this.#values = new Map(Object.entries(structuredClone(values)));
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  set(key: string, value: unknown): void {
    this.#values.set(key, value);
  }

  /** The staged copy, for the engine to save. */
  values(): StateBag {
    return Object.fromEntries(this.#values);
  }

  readState(statePath: string): StateBag {
    return structuredClone((this.get(statePath) ?? {}) as StateBag);
  }

  writeState(statePath: string, state: StateBag): void {
    this.set(statePath, structuredClone(state));
  }

  /** True when the file is no newer than at the last load, a look-back window of days left aside. */
  shouldSkipFile(fileId: string, modifiedTime: string, statePath: string, lookbackDays = 0): boolean {
    const entry = this.readState(statePath)[`file_${fileId}`] as { last_modified?: string } | undefined;
    if (entry?.last_modified === undefined) return false;
    return instant(modifiedTime) <= instant(entry.last_modified) - lookbackDays * 86_400_000;
  }

  updateFileState(fileId: string, modifiedTime: string, statePath: string): void {
    const state = this.readState(statePath);
    this.writeState(statePath, { ...state, [`file_${fileId}`]: { last_modified: modifiedTime, file_id: fileId } });
  }
}

/** Milliseconds since 1970; times are compared as times, not as text. */
function instant(text: string): number {
  const millis = Date.parse(text);
  if (Number.isNaN(millis)) throw new RangeError(`'${text}' is not a time`);
  return millis;
}
