import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Keys } from "./config-fault.ts";
import { factsOf, unwrap } from "./declaration.ts";

export interface PlannedKey {
  readonly keys: Keys;
  /** `repeating failed runs`. */
  readonly feature: string;
}

/** The keys of a value whose declaration marks their feature as not built, in the order of the declaration. */
export function collectPlanned(schema: z.ZodType, value: unknown, at: Keys = []): PlannedKey[] {
  if (value === undefined || value === null) return [];
  const { planned, built = [] } = factsOf(schema);
  if (planned !== undefined) {
    return built.some((fine) => isDeepStrictEqual(fine, value)) ? [] : [{ keys: at, feature: planned }];
  }
  return childrenOf(unwrap(schema), value).flatMap(([key, child, inner]) => collectPlanned(child, inner, [...at, key]));
}

function childrenOf(schema: z.ZodType, value: unknown): [key: PropertyKey, schema: z.ZodType, value: unknown][] {
  if (schema instanceof z.ZodObject) {
    const mapping = value as Record<string, unknown>;
    return Object.entries(schema.shape).map(([key, child]) => [key, child as z.ZodType, mapping[key]]);
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item, index) => [index, schema.element as z.ZodType, item]);
  }
  if (schema instanceof z.ZodRecord) {
    return Object.entries(value as object).map(([key, item]) => [key, schema.valueType as z.ZodType, item]);
  }
  return [];
}
