import type { Keys } from "../document/config-fault.ts";

/** Where the reading of a contract puts what it finds; keys are from the root of the document. */
export interface AssetNotes {
  fault(keys: Keys, message: string): void;
  /** A rule that this version does not check. */
  planned(keys: Keys, feature: string): void;
  warning(keys: Keys, message: string): void;
  /** A number as it was written (`00501`, `0.10`); undefined without a text. */
  sourceOf(keys: Keys): string | undefined;
}

type Scalar = string | number | boolean;

/**
 * The values of an enum as the field's type wants them: YAML reads 00501 as a number, a text field means what was
 * written.
 */
export function enumValues(
  values: readonly unknown[],
  keysOf: (index: number) => Keys,
  isText: boolean,
  notes: AssetNotes,
): Scalar[] {
  return values.flatMap((value, index): Scalar[] => {
    if (value === null || value === undefined) return [];
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      notes.fault(keysOf(index), "expected a text, a number or a truth value");
      return [];
    }
    return [isText ? (notes.sourceOf(keysOf(index)) ?? String(value)) : value];
  });
}

/** A bound of a decimal keeps the digits that were written. */
export function boundValue(value: number | string, keys: Keys, type: string, notes: AssetNotes): number | string {
  return typeof value === "number" && type.startsWith("decimal") ? (notes.sourceOf(keys) ?? value) : value;
}
