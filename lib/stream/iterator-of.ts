import { DativoError } from "../contract/errors.ts";

/** An iterator over what a hook gave; undefined when it cannot be iterated, or is text. */
export function iteratorOf<T>(given: unknown): AsyncIterator<T> | Iterator<T> | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  if (Symbol.asyncIterator in given) return (given as AsyncIterable<T>)[Symbol.asyncIterator]();
  if (Symbol.iterator in given) return (given as Iterable<T>)[Symbol.iterator]();
  return undefined;
}

/** The error of a reader whose `extract` gave what cannot be iterated. */
export function notIterable(reader: string): DativoError {
  const message = `${reader}: extract() must return an iterable or async iterable of batches`;
  return new DativoError("DTV_PLUGIN_RESULT", message, { culprit: reader });
}
