/** The texts that mean "no value". */
export class NullWords {
  readonly #words: ReadonlySet<string>;
  readonly #longest: number;

  constructor(words: readonly string[]) {
    this.#words = new Set(words);
    this.#longest = Math.max(-1, ...words.map((word) => word.length));
  }

  /** One column of rows of fields. Most fields are longer than any of the words, which spares looking them up. */
  columnOf(rows: readonly (readonly string[])[], column: number): (string | null)[] {
    return rows.map((row) => {
      const field = row[column] as string;
      return field.length <= this.#longest && this.#words.has(field) ? null : field;
    });
  }
}
