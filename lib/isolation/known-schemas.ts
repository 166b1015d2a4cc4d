import { isDeepStrictEqual } from "node:util";
import type { Schema } from "../contract/schema.ts";

/** What a stage takes, what it says it gives, and what it gives. */
const KEPT = 4;

/**
 * The schemas that went by last. Each batch brings its own through the pipe, where in one process many have the same
 * object, by which stages know that nothing has changed.
 */
export class KnownSchemas {
  #kept: Schema[] = [];

  /** The one that was met before, where this one says the same. */
  known(schema: Schema): Schema {
    const known = this.#kept.find((one) => isSame(one, schema));
    if (!known) this.meet(schema);
    return known ?? schema;
  }

  /** From now on it is the one for all that say the same. */
  meet(schema: Schema): void {
    if (this.#kept[0] === schema) return;
    this.#kept = [schema, ...this.#kept.filter((one) => !isSame(one, schema))].slice(0, KEPT);
  }
}

function isSame(a: Schema, b: Schema): boolean {
  return isDeepStrictEqual(a.fields, b.fields) && isDeepStrictEqual(a.metadata, b.metadata);
}
