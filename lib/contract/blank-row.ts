import type { Row } from "./batch.ts";

/** V8 keeps objects with more fields than some hundred as hash tables, however they are made. */
const MAX_FAST_FIELDS = 100;

/**
 * A function that makes records of such fields, all of them null, without inherited properties.
 *
 * An object that begins without a prototype is a hash table to V8: it takes twice the time to fill, several times the
 * memory, and whoever reads it is slower as well. A copy of a plain object that loses its prototype is none.
 */
export function compileBlankRow(names: readonly string[]): () => Row {
  if (names.length > MAX_FAST_FIELDS) return () => Object.create(null);
  const template = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`);
  return () => Object.setPrototypeOf({ ...template }, null);
}
