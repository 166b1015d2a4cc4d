import { StagedValues } from "../contract/staged-values.ts";
import { packValue } from "./wire-value.ts";

/** One change of what a reader notes for the next run: a value, or one entry of it. */
export type StateNote =
  | { readonly key: string; readonly value: unknown }
  | { readonly key: string; readonly name: string; readonly entry: unknown };

/** The copy of a reader in another process, which remembers what it has not told yet. */
export class NotingValues extends StagedValues {
  #notes: StateNote[] = [];
  /** Values that the reader may still be changing, as they were last told. */
  readonly #live = new Map<string, Buffer>();

  override set(key: string, value: unknown): void {
    super.set(key, value);
    this.#notes = this.#notes.filter((note) => note.key !== key);
    this.#notes.push({ key, value });
  }

  override setEntry(key: string, name: string, value: unknown): void {
    super.setEntry(key, name, value);
    this.#notes.push({ key, name, entry: value });
  }

  /** What has changed since the last call, also inside of values that were set before. */
  takeNotes(): readonly StateNote[] {
    const notes = this.#notes;
    this.#notes = [];
    const noted = new Set(notes.map(({ key }) => key));
    const changed = [...this.#live.keys()].filter((key) => !noted.has(key) && this.#hasChanged(key));
    for (const note of notes) this.#watch(note);
    return [...notes, ...changed.map((key) => ({ key, value: this.get(key) }))];
  }

  #watch(note: StateNote): void {
    // Entries are told one by one; who sets them does not change what they stand in.
    if (!("value" in note)) this.#live.delete(note.key);
    else if (typeof note.value === "object" && note.value !== null) this.#live.set(note.key, bytesOf(note.value));
  }

  #hasChanged(key: string): boolean {
    const now = bytesOf(this.get(key));
    if (this.#live.get(key)?.equals(now)) return false;
    this.#live.set(key, now);
    return true;
  }
}

/** Repeats on one side what was noted on the other. */
export function replayNotes(notes: readonly StateNote[], staged: StagedValues): void {
  for (const note of notes) {
    if ("name" in note) staged.setEntry(note.key, note.name, note.entry);
    else staged.set(note.key, note.value);
  }
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(packValue(value));
}
