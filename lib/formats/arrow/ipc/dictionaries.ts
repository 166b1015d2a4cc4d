import type { ArrowColumn } from "../arrow-column.ts";
import { sourceOf } from "../arrow-column.ts";
import type { ArrowField } from "../arrow-field.ts";
import { must } from "../fault.ts";
import { readCells } from "../read-cells.ts";
import { UnfitValue } from "../unfit-value.ts";

/** The words that the columns of a stream point to at the moment. Later batches may add to them, or replace them. */
export class Dictionaries {
  readonly #fields = new Map<number, ArrowField>();
  readonly #words = new Map<number, LazyWords>();

  constructor(stored: readonly ArrowField[]) {
    this.#collect(stored);
  }

  /** How the words are stored. */
  fieldOf(id: number): ArrowField {
    const field = this.#fields.get(id);
    must(field !== undefined, `it has a dictionary ${id} that no column points to`);
    return field;
  }

  set(id: number, column: ArrowColumn, isDelta: boolean): void {
    const before = isDelta ? this.#words.get(id) : undefined;
    must(!isDelta || before !== undefined, `dictionary ${id} is added to before it begins`);
    this.#words.set(id, new LazyWords(column, before));
  }

  /** As they are now: a batch keeps the words that came before it. */
  words(id: number): (stored: ArrowField) => readonly unknown[] {
    const words = this.#words.get(id);
    must(words !== undefined, `dictionary ${id} comes after the records that point to it, or not at all`);
    return (stored) => words.cells(stored);
  }

  #collect(fields: readonly ArrowField[]): void {
    for (const { dictionary, dictionaryId, children } of fields) {
      if (dictionary) this.#fields.set(dictionaryId as number, dictionary);
      this.#collect(dictionary?.children ?? children);
    }
  }
}

/** Made when they are first asked for, and once. */
class LazyWords {
  readonly #column: ArrowColumn;
  readonly #before: LazyWords | undefined;
  #cells: readonly unknown[] | undefined;

  constructor(column: ArrowColumn, before: LazyWords | undefined) {
    this.#column = column;
    this.#before = before;
  }

  cells(stored: ArrowField): readonly unknown[] {
    this.#cells ??= this.#read(stored);
    return this.#cells;
  }

  #read(stored: ArrowField): readonly unknown[] {
    const before = this.#before?.cells(stored) ?? [];
    try {
      return [...before, ...readCells(sourceOf(this.#column), stored, 0, this.#column.length)];
    } catch (error) {
      throw error instanceof UnfitValue ? new UnfitValue(before.length + error.index, error.message) : error;
    }
  }
}
