import type { Field } from "../contract/schema.ts";
import { isWellFormed } from "../contract/well-formed.ts";

/**
 * Why a field has no place in a file whose schema names every field and everything in it, or undefined; `ofEmptyObject`
 * says why an object without properties has none.
 */
export function refuseField({ name, type }: Pick<Field, "name" | "type">, ofEmptyObject: string): string | undefined {
  // The name would be written with U+FFFD in its place, and the field be another one.
  if (!isWellFormed(name)) return "its name holds half of a surrogate pair, which UTF-8 cannot hold";
  switch (type.kind) {
    case "array":
      return type.items && refuseField({ name, type: type.items }, ofEmptyObject);
    case "object":
      if (type.properties?.length === 0) return ofEmptyObject;
      return type.properties
        ?.map((property) => refuseField(property, ofEmptyObject))
        .find((reason) => reason !== undefined);
    default:
      return undefined;
  }
}
