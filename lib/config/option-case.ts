/** Options are snake_case in a job and camelCase in a program; both are the same declaration. */
export type Camel<T> = { [K in keyof T as K extends string ? CamelName<K> : never]: T[K] };

type CamelName<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelName<Tail>>}`
  : S;

/** `{ nullValues: [] }` as `{ null_values: [] }`; only the names at the top change, values are the user's. */
export function toSnakeNames(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
